"""How fast Stripe is asked: so many reads a second, and so many at a time.

Stripe allows a live account 100 reads a second (https://docs.stripe.com/rate-limits); what is
left over belongs to the product that shares the account with us.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from integrations.stripe.transport import transport

READS_PER_SECOND: Final = 80
AT_ONCE: Final = 16


class Pace:
    """A token bucket of one second's reads, and a limit on those that are under way."""

    def __init__(self, per_second: int = READS_PER_SECOND, at_once: int = AT_ONCE) -> None:
        self._per_second = per_second
        self._at_once = asyncio.Semaphore(at_once)
        self._tokens = float(per_second)
        self._counted_at = 0.0

    @asynccontextmanager
    async def read(self) -> AsyncIterator[None]:
        """Wait for a turn, and let every failure inside leave as a `TransportError`."""
        async with self._at_once:
            await self._token()
            with transport():
                yield

    async def _token(self) -> None:
        """Take a token; a debt is what those who wait have taken in advance."""
        now = asyncio.get_running_loop().time()
        earned = (now - self._counted_at) * self._per_second
        self._tokens = min(self._tokens + earned, float(self._per_second)) - 1
        self._counted_at = now
        if self._tokens < 0:
            await asyncio.sleep(-self._tokens / self._per_second)
