"""How often one visitor may do what costs us a mail or a reviewer's time."""

import hashlib
import math
from http import HTTPStatus
from typing import Final

from aiohttp import web
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

import clock
from dashboard.clicks import sender
from dashboard.pages.errors import PageError

SIGN_IN_PER_ADDRESS: Final = RateLimitItemPerMinute(5, 15, "sign-in-address")
SIGN_IN_PER_CLIENT: Final = RateLimitItemPerMinute(20, 15, "sign-in-client")
APPLICATIONS_PER_CLIENT: Final = RateLimitItemPerHour(10, 1, "applications")
CODES_PER_CLIENT: Final = RateLimitItemPerMinute(30, 1, "codes")
POSTS_PER_AFFILIATE: Final = RateLimitItemPerMinute(20, 10, "posts")
REPORTS_PER_NETWORK: Final = RateLimitItemPerHour(10, 1, "reports-network")
REPORTS_PER_NAME: Final = RateLimitItemPerHour(60, 1, "reports-name")
ANSWERS_PER_AFFILIATE: Final = RateLimitItemPerHour(5, 1, "answers")
EXPORTS_PER_AFFILIATE: Final = RateLimitItemPerHour(3, 24, "exports")
CHECKOUTS_PER_CLIENT: Final = RateLimitItemPerMinute(10, 10, "checkouts")


class Limits:
    """Moving windows, counted in this process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def spend(self, item: RateLimitItem, who: str) -> None:
        """Count one use. Raises `PageError` 429, naming the seconds to wait, if it is too many."""
        if wait := await self.wait(item, who):
            raise PageError(HTTPStatus.TOO_MANY_REQUESTS, retry_after=wait)

    async def wait(self, item: RateLimitItem, who: str) -> int:
        """Count one use; returns 0, or the seconds to wait if it is too many.

        Of an IPv6 address the part counts that a line is given: it has the rest to choose from.
        """
        key = hashlib.sha256(sender(who).encode()).hexdigest()
        if await self._limiter.hit(item, key):
            return 0
        window = await self._limiter.get_window_stats(item, key)
        seconds = max(1, math.ceil(window.reset_time - clock.timestamp()))
        return min(seconds, item.get_expiry())


LIMITS: Final = web.AppKey("dashboard_limits", Limits)
