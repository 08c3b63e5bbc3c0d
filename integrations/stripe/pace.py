"""How fast Stripe is asked: so many reads a second, so many at a time, and slower when it says so.

Stripe allows a live account 100 reads a second (https://docs.stripe.com/rate-limits). It counts for
the whole account: the product asks, too, and so does every other process of ours. So the rate is
halved where Stripe refuses with 429, and comes back within a minute.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import stripe

from integrations.stripe.transport import transport

READS_PER_SECOND: Final = 92
AT_ONCE: Final = 24
_AT_A_STROKE: Final = 4
"""Reads that may follow each other at once after a pause: with a second's they keep below 100."""
_BACK_AFTER_S: Final = 60
_SLOWEST: Final = 1.0
_PAUSE_S: Final = 1.0


class Pace:
    """A token bucket that holds few tokens, and a limit on the reads that are under way."""

    def __init__(self, per_second: int = READS_PER_SECOND, at_once: int = AT_ONCE) -> None:
        self._most = float(per_second)
        self._rate = self._most
        self._at_once = asyncio.Semaphore(at_once)
        self._tokens = float(_AT_A_STROKE)
        self._counted_at = 0.0
        self._slowed_at = 0.0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[None]:
        """Wait for a turn, and let every failure inside leave as a `TransportError`."""
        async with self._at_once:
            await self._token()
            with transport():
                try:
                    yield
                except stripe.RateLimitError:
                    self._slow_down()
                    raise

    async def _token(self) -> None:
        """Take a token; a debt is what those who wait have taken in advance."""
        now = asyncio.get_running_loop().time()
        passed = now - self._counted_at
        self._rate = min(self._rate + passed * self._most / _BACK_AFTER_S, self._most)
        self._tokens = min(self._tokens + passed * self._rate, float(_AT_A_STROKE)) - 1
        self._counted_at = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / self._rate)

    def _slow_down(self) -> None:
        """Halve the rate, once for all refusals of the same moment."""
        now = asyncio.get_running_loop().time()
        if now - self._slowed_at < _PAUSE_S:
            return
        self._slowed_at = now
        self._rate = max(self._rate / 2, _SLOWEST)
