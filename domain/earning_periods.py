"""Earnings by day, week or month, in UTC: what was posted in each, whatever became of it later.

They are the live earnings of `domain.earnings` by another calendar: all that is posted counts but
payouts. What own sales brought is read from sums by day, and the rest from the ledger.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import commissions, contest_winners, milestone_awards, two_tier
from domain.earnings import NOT_EARNED
from storage import ledger, rollups

_DAY: Final = timedelta(days=1)


class Group(StrEnum):
    """How long a period is. Weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def first(self, day: date) -> date:
        """The first day of the period that a day lies in."""
        if self is Group.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Group.MONTH else day


class Kind(StrEnum):
    """What somebody earned by."""

    COMMISSIONS = "commissions"
    RECRUITS = "recruits"
    BONUSES = "bonuses"
    OTHER = "other"


_KINDS: Final = {
    commissions.EARNED: Kind.COMMISSIONS,
    commissions.TAKEN_BACK: Kind.COMMISSIONS,
    two_tier.EARNED: Kind.RECRUITS,
    two_tier.TAKEN_BACK: Kind.RECRUITS,
    milestone_awards.GIVEN: Kind.BONUSES,
    milestone_awards.WITHDRAWN: Kind.BONUSES,
    contest_winners.REASON: Kind.BONUSES,
}


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `since` to before `until`."""

    since: date
    until: date

    @property
    def start(self) -> datetime:
        """Their first moment."""
        return datetime.combine(self.since, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after them."""
        return datetime.combine(self.until, time(), UTC)

    def parts(self, group: Group) -> Iterator["Days"]:
        """Them by period, the last first; the first and the last may be cut short."""
        end = self.until
        while end > self.since:
            start = max(self.since, group.first(end - _DAY))
            yield Days(start, end)
            end = start


Sums = dict[str, dict[Kind, int]]
"""Minor units by currency and kind."""


async def by_period(
    session: AsyncSession, affiliate_id: UUID, group: Group, days: Days, limit: int
) -> list[tuple[Days, Sums]]:
    """What came in each period, the last first: at most `limit` of them, also those with nothing.

    An amount is below zero where more was taken back than came.
    """
    parts = list(islice(days.parts(group), limit))
    if not parts:
        return []
    asked = Days(parts[-1].since, parts[0].until)
    found: dict[date, Sums] = {part.since: {} for part in parts}
    for day, currency, kind, amount in await _posted(session, affiliate_id, asked):
        start = max(asked.since, group.first(day))
        _add(found[start], currency, kind, amount)
    return [(part, found[part.since]) for part in parts]


async def within(session: AsyncSession, affiliate_id: UUID, days: Days) -> Sums:
    """What came in these days altogether."""
    found: Sums = {}
    for _, currency, kind, amount in await _posted(session, affiliate_id, days):
        _add(found, currency, kind, amount)
    return found


async def first_day(session: AsyncSession, affiliate_id: UUID) -> date | None:
    """The day on which somebody earned for the first time."""
    moment = await ledger.began(session, affiliate_id)
    return moment.astimezone(UTC).date() if moment else None


async def _posted(
    session: AsyncSession, affiliate_id: UUID, days: Days
) -> list[tuple[date, str, Kind, int]]:
    if days.since >= days.until:
        return []
    last = days.until - _DAY
    sales = await rollups.earned_by_day(session, affiliate_id, days.since, last)
    beside = await ledger.beside_sales(session, affiliate_id, days.start, days.end)
    return [(day, currency, Kind.COMMISSIONS, amount) for day, currency, amount in sales] + [
        (day, currency, _KINDS.get(reason, Kind.OTHER), amount)
        for day, currency, reason, amount in beside
        if not reason.startswith(NOT_EARNED)
    ]


def _add(sums: Sums, currency: str, kind: Kind, amount: int) -> None:
    kinds = sums.setdefault(currency, dict.fromkeys(Kind, 0))
    kinds[kind] += amount
