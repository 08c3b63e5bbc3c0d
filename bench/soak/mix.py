"""What is sent: mostly clicks, signed events, sales and refunds, forms, noise, and readers.

An open loop: each kind has its share of every second, whether the answers come or not.
"""

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import aiohttp

import clock
from bench.requests import REFS, event, signed
from sandbox.tally.form import TallyForm

SHARES: Final = {
    "click": 0.58,
    "event": 0.20,
    "invoice": 0.12,
    "noise": 0.06,
    "page": 0.015,
    "api": 0.015,
    "refund": 0.008,
    "form": 0.002,
}
"""Of each kind, its part of the whole rate."""

TAKEN: Final = {"click": (302,), "noise": (400,), "api": (200, 429)}
"""The answers that are right, where it is not 200 alone. One API key may ask 100 times an hour."""

_AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_AT_ONCE: Final = 256
_TICK_S: Final = 0.02
_SETTLED_S: Final = 10.0
"""A refund is of a sale that is as old, in seconds."""
_PAGES: Final = (
    "/affiliate/dashboard",
    "/affiliate/dashboard/earnings",
    "/affiliate/dashboard/links/performance",
    "/api/affiliate/leaderboard",
)
_API: Final = (
    "/api/affiliate/v1/stats",
    "/api/affiliate/v1/commissions",
    "/api/affiliate/v1/referrals",
)


@dataclass
class Said:
    """What became of what was sent."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    late: int = 0
    """Requests that were put off since too many were on their way: then the rate was not held."""

    def right(self, kind: str) -> int:
        """How many of a kind were answered as they should."""
        return sum(self.answers[kind, status] for status in TAKEN.get(kind, (200,)))

    def wrong(self) -> dict[str, int]:
        """Everything that was answered otherwise, by kind and status; 0 is no answer."""
        return {
            f"{kind} {status}": count
            for (kind, status), count in self.answers.items()
            if status not in TAKEN.get(kind, (200,))
        }


class Mix:
    """Sends to a server at `url` what chance will have; `stripe` is where refunds are made."""

    def __init__(
        self, url: str, stripe: str, cookies: list[str], keys: list[str], seed: int
    ) -> None:
        self.said = Said()
        self._url, self._stripe = url, stripe
        self._cookies, self._keys = cookies, keys
        self._chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self._sold: deque[tuple[float, str]] = deque()
        self._form = TallyForm(f"{url}/webhooks/tally")
        self._count = 0
        self.refunded: set[str] = set()
        self._bodies = {
            "event": event("invoice.soak"),
            "invoice": event(),
            "refund": event("charge.refunded"),
        }
        self._send: dict[str, Callable[[aiohttp.ClientSession], Awaitable[int]]] = {
            "click": self._click,
            "event": self._event,
            "invoice": self._invoice,
            "noise": self._noise,
            "page": self._page,
            "api": self._ask,
            "refund": self._refund,
            "form": self._apply,
        }

    async def run(self, rate: float, seconds: float) -> None:
        """Send so many a second for so long."""
        due, turns = dict.fromkeys(SHARES, 0.0), asyncio.Semaphore(_AT_ONCE)
        connector = aiohttp.TCPConnector(limit=_AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=60)
        begun = last = time.monotonic()
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as client,
            asyncio.TaskGroup() as group,
        ):
            while (now := time.monotonic()) < begun + seconds:
                for kind, share in SHARES.items():
                    due[kind] += share * rate * (now - last)
                    for _ in range(int(due[kind])):
                        if turns.locked():
                            self.said.late += 1
                            await turns.acquire()
                        else:
                            await turns.acquire()
                        group.create_task(self._one(kind, client, turns))
                    due[kind] %= 1
                last = now
                await asyncio.sleep(_TICK_S)

    async def _one(
        self, kind: str, client: aiohttp.ClientSession, turns: asyncio.Semaphore
    ) -> None:
        begun = time.monotonic()
        try:
            status = await self._send[kind](client)
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        finally:
            turns.release()
        if status >= 0:
            self.said.waits.append(time.monotonic() - begun)
            self.said.answers[kind, status] += 1

    def _next(self) -> str:
        self._count += 1
        return f"s_{self._count}"

    def _somebody(self) -> dict[str, str]:
        address = self._chance.randrange(1 << 18)
        near = f"11.{address >> 16}.{address >> 8 & 255}.{address & 255}"
        return {"User-Agent": _AGENT, "X-Forwarded-For": near}

    async def _click(self, client: aiohttp.ClientSession) -> int:
        ref = f"REF{self._chance.randrange(REFS)}"
        url = f"{self._url}/r/{ref}?src=s{self._chance.randrange(20)}"
        async with client.get(url, headers=self._somebody(), allow_redirects=False) as answer:
            return answer.status

    async def _post(self, client: aiohttp.ClientSession, body: bytes) -> int:
        header = {"Stripe-Signature": signed(body, int(clock.timestamp()))}
        url = f"{self._url}/webhooks/stripe"
        async with client.post(url, data=body, headers=header) as answer:
            await answer.read()
            return answer.status

    async def _event(self, client: aiohttp.ClientSession) -> int:
        body = self._bodies["event"].replace(b"evt_THE_EVENT", f"evt_{self._next()}".encode())
        return await self._post(client, body)

    async def _invoice(self, client: aiohttp.ClientSession) -> int:
        one = self._next()
        status = await self._about(client, "invoice", one, {"id": f"in_{one}"})
        if status == 200:  # noqa: PLR2004 - taken
            self._sold.append((time.monotonic(), one))
        return status

    async def _refund(self, client: aiohttp.ClientSession) -> int:
        """Give back the oldest sale that waits for it, or nothing yet; -1 then."""
        if not self._sold or self._sold[0][0] > time.monotonic() - _SETTLED_S:
            return -1
        _, one = self._sold.popleft()
        for _ in range(self._chance.randrange(10)):  # the others keep their money
            if len(self._sold) > 1:
                self._sold.popleft()
        async with client.post(f"{self._stripe}/refund/{one}") as done:
            done.raise_for_status()
        given = {"id": f"ch_{one}", "object": "charge", "payment_intent": f"pi_{one}"}
        status = await self._about(client, "refund", one, given)
        if status == 200:  # noqa: PLR2004 - taken
            self.refunded.add(f"in_{one}")
        return status

    async def _about(
        self, client: aiohttp.ClientSession, kind: str, one: str, given: dict[str, str]
    ) -> int:
        found = json.loads(self._bodies[kind])
        found["id"] = f"evt_{kind}_{one}"
        found["data"]["object"] |= given | {"customer": f"cus_{one}"}
        return await self._post(client, json.dumps(found, separators=(",", ":")).encode())

    async def _noise(self, client: aiohttp.ClientSession) -> int:
        header = {"Stripe-Signature": f"t={int(clock.timestamp())},v1={'0' * 64}"}
        url, body = f"{self._url}/webhooks/stripe", self._bodies["event"]
        async with client.post(url, data=body, headers=header) as answer:
            return answer.status

    async def _page(self, client: aiohttp.ClientSession) -> int:
        cookie = {"Cookie": f"desk_session={self._chance.choice(self._cookies)}"}
        url = self._url + self._chance.choice(_PAGES)
        async with client.get(url, headers=cookie, allow_redirects=False) as answer:
            await answer.read()
            return answer.status

    async def _ask(self, client: aiohttp.ClientSession) -> int:
        key = {"Authorization": f"Bearer {self._chance.choice(self._keys)}"}
        url = self._url + self._chance.choice(_API)
        async with client.get(url, headers=key) as answer:
            await answer.read()
            return answer.status

    async def _apply(self, client: aiohttp.ClientSession) -> int:
        one = self._next()
        answers = {
            "legal_name": "Soak Tester",
            "display_name": f"Soak {one}",
            "email": f"{one}@example.org",
            "platform": "YouTube",
            "link": f"https://youtube.com/@{one}",
        }
        body = self._form.payload(answers)
        header = {"Tally-Signature": self._form.signature(body)}
        url = self._form.webhook_url
        async with client.post(url, data=body, headers=header) as answer:
            await answer.read()
            return answer.status
