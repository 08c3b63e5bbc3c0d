"""Calls to Slack, with every fault told apart by what to do next."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from integrations.calls import Call, asking
from integrations.errors import TransportError
from integrations.http import retry_after

# https://docs.slack.dev/reference/methods/chat.postMessage#errors: what passes by itself.
_PASSING = {
    "fatal_error",
    "internal_error",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}
# https://docs.slack.dev/authentication/: what says that the token is no good.
_NOT_LET_IN = {
    "account_inactive",
    "invalid_auth",
    "not_authed",
    "token_expired",
    "token_revoked",
}
CLOCK_SKEW_S = 300.0
_SERVER_FAULT = 500
_DOWNLOAD = aiohttp.ClientTimeout(total=60, connect=5)
_CHUNK = 64 * 1024
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}")


async def call(slack: AsyncWebClient, method: str, **arguments: Any) -> dict[str, Any]:
    """Call a method that writes, and return its answer. Raises `TransportError`."""
    return await _call(slack, method, {"json": arguments})


async def read(slack: AsyncWebClient, method: str, **arguments: Any) -> dict[str, Any]:
    """Call a method that reads (Slack takes no JSON there). Raises `TransportError`."""
    return await _call(slack, method, {"params": arguments})


async def scopes(slack: AsyncWebClient) -> frozenset[str]:
    """What the bot's token may do, as every answer says in a header. Raises `TransportError`."""
    answer = await _answer(slack, "auth.test", {})
    return frozenset(part.strip() for part in answer.headers.get("x-oauth-scopes", "").split(","))


async def _call(slack: AsyncWebClient, method: str, how: dict[str, Any]) -> dict[str, Any]:
    answer = await _answer(slack, method, how)
    told: dict[str, Any] = answer.data  # type: ignore[assignment] # as `_answer` has looked
    return told


async def _answer(slack: AsyncWebClient, method: str, how: dict[str, Any]) -> AsyncSlackResponse:
    with _faults_told_apart(method) as asked:
        try:
            answer = await slack.api_call(method, **how)
        except AttributeError as error:  # the library takes any JSON for an object
            raise TransportError(f"Slack's answer to {method} is none of Slack's.") from error
        if not isinstance(answer.data, dict) or answer.data.get("ok") is not True:
            raise _told(asked, method, answer)
        return answer


@contextmanager
def _faults_told_apart(method: str) -> Iterator[Call]:
    with asking("Slack") as asked:
        try:
            yield asked
        except SlackApiError as error:
            raise _told(asked, method, error.response) from error
        except (aiohttp.ClientError, TimeoutError, SlackRequestError) as error:
            cause = type(error).__name__
            raise TransportError(f"Slack could not be reached ({cause})") from error
        asked.status = HTTPStatus.OK


def _told(asked: Call, method: str, response: Any) -> TransportError:
    """What Slack has against a call. Where that is no word of Slack's, something else answered."""
    data = response.data if isinstance(response, AsyncSlackResponse) else None
    word = data.get("error") if isinstance(data, dict) and data.get("ok") is False else None
    if not isinstance(word, str) or not word:
        return TransportError(f"Slack's answer to {method} is none of Slack's.")
    asked.status = response.status_code
    asked.refused = word in _NOT_LET_IN
    return TransportError(
        f"Slack refused {method}: {word}.",
        permanent=word not in _PASSING and response.status_code < _SERVER_FAULT,
        retry_after=retry_after(response.headers.get("Retry-After")),
        code=word,
    )


async def channel_id(slack: AsyncWebClient, channel: str) -> str:
    """The id of a channel that is given by id or by name, with or without `#`.

    Raises `TransportError`, permanent where the bot sees no such channel.
    """
    if _CHANNEL_ID.fullmatch(channel):
        return channel
    name, cursor = channel.lstrip("#"), ""
    while True:
        page = await read(
            slack,
            "conversations.list",
            types="public_channel,private_channel",
            exclude_archived="true",
            limit="999",
            cursor=cursor,
        )
        for found in page["channels"]:
            if found["name"] == name:
                return str(found["id"])
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            raise TransportError(
                f"Slack shows the bot no channel #{name}: invite it there.",
                permanent=True,
                code="channel_not_found",
            )


async def find_message(
    slack: AsyncWebClient, channel: str, *, kind: str, key: str, since: float
) -> tuple[str, str] | None:
    """Look for a message that was posted with this metadata: `(channel id, ts)`.

    `since` is in seconds since the epoch, by our clock; Slack's may be `CLOCK_SKEW_S` behind.
    This is how a post whose answer was lost is not made twice: Slack has no idempotency keys.
    """
    channel, cursor = await channel_id(slack, channel), ""
    while True:
        page = await read(
            slack,
            "conversations.history",
            channel=channel,
            oldest=f"{since - CLOCK_SKEW_S:.6f}",
            include_all_metadata="true",
            limit="200",
            cursor=cursor,
        )
        for message in page["messages"]:
            metadata = message.get("metadata") or {}
            if (
                metadata.get("event_type") == kind
                and metadata.get("event_payload", {}).get("id") == key
            ):
                return channel, str(message["ts"])
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return None


async def download(slack: AsyncWebClient, file_id: str, most: int) -> tuple[str, bytes]:
    """The name and the bytes of a file that somebody attached to a form.

    Stops after `most` bytes and one: the caller sees by that that it is longer. Raises
    `TransportError`, with the code `missing_scope` where the app may not read files.
    """
    facts = (await read(slack, "files.info", file=file_id))["file"]
    address = str(facts.get("url_private_download") or facts.get("url_private") or "")
    headers, content = {"Authorization": f"Bearer {slack.token}"}, bytearray()
    with _faults_told_apart("the download of a file") as asked:
        async with (
            aiohttp.ClientSession(timeout=_DOWNLOAD) as session,
            # Without the right to it, Slack leads to its sign-in page.
            session.get(address, headers=headers, allow_redirects=False) as response,
        ):
            asked.status = response.status
            if response.status != HTTPStatus.OK:
                raise TransportError(
                    f"Slack answered {response.status} instead of the file.",
                    permanent=response.status < HTTPStatus.INTERNAL_SERVER_ERROR,
                )
            async for chunk in response.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > most:
                    break
    return str(facts.get("name") or "file"), bytes(content[: most + 1])


async def upload(
    slack: AsyncWebClient, channel: str, thread: str, *, name: str, content: str, words: str
) -> None:
    """Put a text file into a thread, with a message. Raises `TransportError`."""
    with _faults_told_apart("files.completeUploadExternal"):
        await slack.files_upload_v2(
            channel=channel,
            thread_ts=thread,
            filename=name,
            title=name,
            content=content,
            initial_comment=words,
        )


async def is_in_thread(slack: AsyncWebClient, channel: str, thread: str, words: str) -> bool:
    """Whether a message with exactly these words stands in a thread. Raises `TransportError`."""
    cursor = ""
    while True:
        page = await read(
            slack, "conversations.replies", channel=channel, ts=thread, limit="200", cursor=cursor
        )
        if any(message.get("text") == words for message in page["messages"]):
            return True
        cursor = page.get("response_metadata", {}).get("next_cursor", "")
        if not cursor:
            return False
