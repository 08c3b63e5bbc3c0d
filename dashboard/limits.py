"""How often somebody may do what costs us a mail, a reviewer's time or a look into the books."""

import hmac
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute

import clock
import measures
from dashboard.clicks import sender
from dashboard.quotas import Counter, InProcess, InRows, Quota
from settings import Settings
from storage.db import Database

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
KEYS_PER_AFFILIATE: Final = RateLimitItemPerHour(20, 24, "api-keys")
WEBHOOK_DEEDS_PER_AFFILIATE: Final = RateLimitItemPerHour(60, 1, "webhooks")
WEBHOOK_REPLAYS_PER_AFFILIATE: Final = RateLimitItemPerHour(6, 1, "webhook-replays")
REQUESTS_PER_AFFILIATE: Final = RateLimitItemPerHour(100, 1, "api")

_REMEMBERED: Final = 50_000


class TooOftenError(Exception):
    """Somebody did something too often; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Again in {retry_after} s.")
        self.retry_after = retry_after


class Limits:
    """Every limit of the product, one for the process; `counter` is what servers share."""

    def __init__(self, counter: Counter, key: bytes) -> None:
        self.counter = counter
        self._key = key
        self._refused: dict[str, float] = {}

    async def spend(self, item: RateLimitItem, who: str) -> None:
        """Count one use. Raises `TooOftenError` if it is too many."""
        if wait := await self.wait(item, who):
            raise TooOftenError(wait)

    async def wait(self, item: RateLimitItem, who: str) -> int:
        """Count one use; returns 0, or the seconds to wait if it is too many."""
        quota = await self.quota(item, who)
        return 0 if quota.allowed else quota.reset_s

    async def quota(self, item: RateLimitItem, who: str) -> Quota:
        """Count one use; returns whether it was allowed and what is left. Not in a transaction.

        Of an IPv6 address the part counts that a line is given: it has the rest to choose from.
        A full window stays full until its oldest use is over, whoever asks where: so until then
        whoever floods is refused from memory.
        """
        # A plain hash of an address is soon turned back: there are not that many.
        seal = hmac.digest(self._key, b"limits" + sender(who).encode(), "sha256").hex()
        name, now = item.key_for(seal), clock.timestamp()
        if (until := self._refused.get(name, 0.0)) > now:
            measures.REFUSED.labels(item.namespace).inc()
            return Quota(allowed=False, remaining=0, reset_s=max(1, round(until - now)))
        quota = await self.counter.spend(item, name)
        if not quota.allowed:
            measures.REFUSED.labels(item.namespace).inc()
            if len(self._refused) >= _REMEMBERED:
                self._refused.clear()
            self._refused[name] = now + quota.reset_s
        return quota

    async def close(self) -> None:
        """Let go of connections."""
        await self.counter.close()


def limits_for(db: Database, settings: Settings) -> Limits:
    """Counted where every server that may run beside this one sees it.

    In Redis where there is one, else in the database; but in memory on SQLite, which lets no
    second server run.
    """
    key = settings.secret_key.get_secret_value().encode()
    if settings.redis_url is not None:
        from dashboard.redis_quotas import InRedis  # noqa: PLC0415 - most have no Redis

        return Limits(InRedis(settings.redis_url.get_secret_value()), key)
    return Limits(InProcess() if db.is_sqlite else InRows(db), key)
