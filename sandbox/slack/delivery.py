"""How the workspace reaches the app: signed HTTP requests, or envelopes over Socket Mode."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from slack_sdk.signature import SignatureVerifier

from sandbox.slack.state import Json

ACK_SECONDS = 3.0
"""How long Slack waits: https://docs.slack.dev/interactivity/handling-user-interaction."""

EVENT_RETRIES = (0.0, 60.0, 300.0)
"""Seconds before each repetition of an event: https://docs.slack.dev/apis/events-api."""


@dataclass(frozen=True)
class Answer:
    """What the app answered to one delivery.

    `error` is the word Slack shows a person: `operation_timeout`, `http_error` …
    """

    status: int = 0
    body: Any = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the app took the delivery in time."""
        return self.error is None

    @property
    def fields(self) -> Json:
        """The answer's JSON object, or an empty one."""
        return self.body if isinstance(self.body, dict) else {}


class Line(Protocol):
    """A connected Socket Mode client."""

    async def deliver(self, kind: str, payload: Json, *, within: float) -> Any:
        """Send one envelope and return the payload of its ack. Raises TimeoutError."""


@dataclass
class Delivery:
    """Sends what happens in the workspace to the app, signed as Slack signs.

    `events_url` is the app's one address. Signatures use the wall clock, as their verifier does,
    even where a test holds the business clock still.
    """

    events_url: str
    signing_secret: str
    ack_seconds: float = ACK_SECONDS
    event_retries: tuple[float, ...] = EVENT_RETRIES
    lines: list[Line] = field(default_factory=list)
    sent: list[tuple[str, Json]] = field(default_factory=list)
    _repeating: set[asyncio.Task[None]] = field(default_factory=set)

    async def interaction(self, payload: Json) -> Answer:
        """A click, a form, a closed view: delivered once, never repeated."""
        self.sent.append((payload["type"], payload))
        return await self._send("interactive", payload, {"payload": json.dumps(payload)})

    async def command(self, fields: dict[str, str]) -> Answer:
        """A slash command: delivered once, never repeated."""
        self.sent.append(("command", dict(fields)))
        return await self._send("slash_commands", dict(fields), fields)

    async def event(self, body: Json) -> Answer:
        """An event; one not taken is repeated in the background, up to three times, as Slack does.

        Returns the answer to the first delivery.
        """
        self.sent.append((body["event"]["type"], body))
        answer = await self._send("events_api", body, None)
        if not answer.ok:
            repeating = asyncio.create_task(self._repeat(body, answer))
            self._repeating.add(repeating)
            repeating.add_done_callback(self._repeating.discard)
        return answer

    async def settle(self) -> None:
        """Wait until no event is waiting to be repeated."""
        while self._repeating:
            await asyncio.wait(self._repeating)

    async def stop(self) -> None:
        """Give up what is still to be repeated."""
        for repeating in self._repeating:
            repeating.cancel()
        await asyncio.gather(*self._repeating, return_exceptions=True)

    async def _repeat(self, body: Json, answer: Answer) -> None:
        for number, pause in enumerate(self.event_retries, start=1):
            await asyncio.sleep(pause)
            reason = "http_timeout" if answer.error == "operation_timeout" else "http_error"
            repeated = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
            answer = await self._send("events_api", body, None, repeated)
            if answer.ok:
                return

    async def _send(
        self,
        kind: str,
        payload: Json,
        form: dict[str, str] | None,
        more: dict[str, str] | None = None,
    ) -> Answer:
        try:
            if self.lines:
                line = self.lines[-1]
                body = await line.deliver(kind, payload, within=self.ack_seconds)
                return Answer(200, body)
            text = json.dumps(payload) if form is None else urlencode(form)
            return await self._post(text, form is not None, more or {})
        except TimeoutError:
            return Answer(error="operation_timeout")
        except aiohttp.ClientError:
            return Answer(error="dispatch_failed")

    async def _post(self, text: str, is_form: bool, more: dict[str, str]) -> Answer:  # noqa: FBT001 - private, one caller
        verifier = SignatureVerifier(self.signing_secret)
        timestamp = str(int(verifier.clock.now()))
        signature = verifier.generate_signature(timestamp=timestamp, body=text)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded" if is_form else "application/json",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature or "",
            **more,
        }
        limit = aiohttp.ClientTimeout(total=self.ack_seconds)
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.post(self.events_url, data=text.encode(), headers=headers) as response,
        ):
            body = _decoded(await response.text())
            error = None if response.status == 200 else "dispatch_failed"  # noqa: PLR2004 - HTTP OK
            return Answer(response.status, body, error)


def _decoded(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
