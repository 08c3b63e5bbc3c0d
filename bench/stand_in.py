"""Stripe, as far as a plain invoice needs it: the same sale for every customer, at once.

Each customer `cus_X` has the one paid invoice `in_X`, of $29 with a fee of $1.14, and `X` in turn
is of one of the affiliates. With a limit it refuses as Stripe does: 429 for what exceeds so many
requests within any second.
"""

import asyncio
import os
import time
from collections import deque
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from bench.requests import REFS

LIMIT: Final = "BENCH_STRIPE_LIMIT"
"""The environment's variable for the limit, in requests a second; 0 or none for no limit."""
WAIT: Final = "BENCH_STRIPE_WAIT"
"""The environment's variable for the seconds that an answer takes; none for at once."""
_ANSWERS: Final = Path(__file__).with_name("stripe_answers.json")
_REFUSAL: Final = (
    b'{"error":{"type":"invalid_request_error","code":"rate_limit","message":"Wait."}}'
)


class _Account:
    """What is asked, and how often."""

    def __init__(self, limit: int, wait: float) -> None:
        found = msgspec.json.decode(_ANSWERS.read_bytes())
        self._invoices = msgspec.json.encode(found["invoices"])
        self._payment = msgspec.json.encode(found["payment"])
        self._limit, self._wait = limit, wait
        self._lately: deque[float] = deque()
        self.answered = self.refused = 0

    async def invoices(self, request: web.Request) -> web.Response:
        """A customer's paid invoices."""
        return await self._answer(self._invoices, request.query["customer"].removeprefix("cus_"))

    async def payment(self, request: web.Request) -> web.Response:
        """A payment with its charge."""
        return await self._answer(self._payment, request.match_info["id"].removeprefix("pi_"))

    async def counted(self, _request: web.Request) -> web.Response:
        """How many requests were answered and refused so far."""
        return web.json_response({"answered": self.answered, "refused": self.refused})

    async def _answer(self, template: bytes, one: str) -> web.Response:
        if not self._is_let_in():
            self.refused += 1
            return web.Response(status=429, body=_REFUSAL, content_type="application/json")
        self.answered += 1
        if self._wait:
            await asyncio.sleep(self._wait)
        number = int(one.rpartition("_")[2])
        body = (
            template.replace(b"THE_ONE", one.encode())
            .replace(b"THE_CODE", b"REF%d" % (number % REFS))
            .replace(b"THE_CARD", b"card%d" % number)
        )
        return web.Response(body=body, content_type="application/json")

    def _is_let_in(self) -> bool:
        if not self._limit:
            return True
        now, lately = time.monotonic(), self._lately
        while lately and lately[0] <= now - 1:
            lately.popleft()
        if len(lately) >= self._limit:
            return False
        lately.append(now)
        return True


async def stripe() -> web.Application:
    """The account as a server."""
    account = _Account(int(os.environ.get(LIMIT) or 0), float(os.environ.get(WAIT) or 0))
    app = web.Application()
    app.router.add_get("/v1/invoices", account.invoices)
    app.router.add_get("/v1/payment_intents/{id}", account.payment)
    app.router.add_get("/counted", account.counted)
    return app


async def slack() -> web.Application:
    """Slack's API, as far as a command needs it: everything is well."""
    well = {"ok": True, "user_id": "U0BENCH", "bot_id": "B0BENCH", "team_id": "T0BENCH"}

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(well | {"user": {"id": "U0BENCH"}, "channels": [], "members": []})

    app = web.Application()
    app.router.add_route("*", "/{method:.*}", answer)
    return app
