"""How much of a limit is left, counted in one process or in the database.

A limit is a moving window: so many in the last so many seconds, whenever one looks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from limits import RateLimitItem

import clock
from storage import rate_limits
from storage.db import Database

REMEMBERED: Final = 50_000


@dataclass(frozen=True, slots=True)
class Quota:
    """What came of spending one: whether it was there, how many are left, and for how long.

    After `reset_s` seconds the oldest that was spent comes back.
    """

    allowed: bool
    remaining: int
    reset_s: int


class Counter(Protocol):
    """Where is counted."""

    async def spend(self, item: RateLimitItem, key: str) -> Quota:
        """Take one of what `key` may spend, if one is left."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class InProcess:
    """Counted in memory: right where one process is all there is."""

    def __init__(self) -> None:
        self._spent: dict[str, tuple[float, list[int]]] = {}

    async def spend(self, item: RateLimitItem, key: str) -> Quota:
        """See `Counter`."""
        now = clock.timestamp()
        _, before = self._spent.get(key, (0.0, []))
        quota, after = spend(before, item, now)
        if len(self._spent) >= REMEMBERED and key not in self._spent:
            self._forget(now)
        self._spent[key] = now + item.get_expiry(), after
        return quota

    @property
    def remembered(self) -> int:
        """How many spenders are known just now."""
        return len(self._spent)

    async def close(self) -> None:
        """Nothing is open."""

    def _forget(self, now: float) -> None:
        """Drop what is over; where that is nothing, the half that was there first."""
        self._spent = {key: kept for key, kept in self._spent.items() if kept[0] > now}
        if len(self._spent) >= REMEMBERED:
            self._spent = dict(list(self._spent.items())[REMEMBERED // 2 :])


class InRows:
    """Counted in the database, which all servers share."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def spend(self, item: RateLimitItem, key: str) -> Quota:
        """See `Counter`. Not for within a transaction: it has its own."""
        now = clock.now()
        async with self._db.transaction() as session:
            until = now + timedelta(seconds=item.get_expiry())
            row = await rate_limits.hold(session, key, until)
            quota, row.moments = spend(row.moments, item, now.timestamp())
            session.add(row)
        return quota

    async def close(self) -> None:
        """The database is closed by whoever opened it."""


def spend(moments: Sequence[int], item: RateLimitItem, now: float) -> tuple[Quota, list[int]]:
    """Take one, if one is left; returns that, and the moments of all that count from now on."""
    window, this = item.get_expiry() * 1000, int(now * 1000)
    kept = [moment for moment in moments if moment > this - window]
    allowed = len(kept) < item.amount
    if allowed:
        kept = sorted([*kept, this])
    reset = (kept[0] + window - this) / 1000
    return Quota(allowed, item.amount - len(kept), whole(item, reset)), kept


def whole(item: RateLimitItem, seconds: float) -> int:
    """Seconds to wait, as somebody is told them: one at least, and no more than the window."""
    return min(max(1, math.ceil(seconds)), item.get_expiry())
