"""How much of a limit is left, counted in Redis, which all servers share.

Only a server that has a Redis loads this, and the client of Redis with it.
"""

import asyncio
from typing import Final

import structlog
from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool

import clock
from dashboard.quotas import InProcess, Quota, whole

REDIS_S: Final = 1.0
"""So long an answer of Redis is waited for."""
_CONNECTIONS: Final = 20
_AWAY_S: Final = 10
"""So long Redis is not asked again once it did not answer."""
_log = structlog.get_logger(__name__)


class InRedis:
    """Counted in Redis, which all servers share; in this process while it does not answer."""

    def __init__(self, url: str) -> None:
        # A pool that waits for a connection: a burst is no outage.
        self._pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=REDIS_S, socket_timeout=REDIS_S
        )
        storage = RedisStorage(
            "async+redis://",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="affiliate-desk",
            connection_pool=self._pool,  # type: ignore[arg-type] # handed on to the client as it is
        )
        self._limiter = MovingWindowRateLimiter(storage)
        self._meanwhile = InProcess()
        self._away_until = 0.0

    async def spend(self, item: RateLimitItem, key: str) -> Quota:
        """See `Counter`."""
        if clock.timestamp() < self._away_until:
            return await self._meanwhile.spend(item, key)
        try:
            async with asyncio.timeout(REDIS_S):
                allowed = await self._limiter.hit(item, key)
                window = await self._limiter.get_window_stats(item, key)
        except (StorageError, TimeoutError) as error:
            self._away_until = clock.timestamp() + _AWAY_S
            _log.warning("redis_unavailable", error=repr(error), counted="in this process")
            return await self._meanwhile.spend(item, key)
        return Quota(allowed, window.remaining, whole(item, window.reset_time - clock.timestamp()))

    async def close(self) -> None:
        """Let go of connections."""
        await self._pool.aclose()
