"""Live earnings: what came to an affiliate's account today, this week and this month.

Everything that is posted counts from the moment it is posted, also while it is on hold:
commissions, shares of recruits' commissions, bonuses and prizes, less what is taken back. Only
payouts do not, since they earn nobody anything. Days, weeks (from Monday on) and months are
those of where the affiliate lives.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.program import Program
from domain.zones import at, local_day, start_of_day, start_of_month, start_of_week, zone_of
from storage import ledger
from storage.affiliates import Affiliate


class Period(StrEnum):
    """A span of time that is going on."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"


_STARTS: Final[dict[Period, Callable[[datetime, ZoneInfo], datetime]]] = {
    Period.TODAY: start_of_day,
    Period.WEEK: start_of_week,
    Period.MONTH: start_of_month,
}
NOT_EARNED: Final = ("payout", "import")
"""How the reasons of entries begin that move money out, or back in, or were earned elsewhere."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What came in one currency, in minor units: `gained`, less what was `taken_back` (≤ 0)."""

    currency: str
    gained: int
    taken_back: int

    @property
    def total(self) -> int:
        """Both together; below zero where more was taken back."""
        return self.gained + self.taken_back


@dataclass(frozen=True, slots=True)
class Earnings:
    """A period's earnings at a moment. The program's currency stands first, also with nothing."""

    period: Period
    time_zone: str
    since: datetime
    until: datetime
    as_of: datetime
    amounts: tuple[Amount, ...]


def bounds(period: Period, moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the period around a moment began there, and when the next one begins, in UTC."""
    day = local_day(moment, zone)
    if period is Period.TODAY:
        after = day + timedelta(days=1)
    elif period is Period.WEEK:
        after = day + timedelta(days=7 - day.weekday())
    else:
        after = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return _STARTS[period](moment, zone), at(after, 0, zone)


async def earned(
    session: AsyncSession, affiliate: Affiliate, program: Program, period: Period, now: datetime
) -> Earnings:
    """What an affiliate earned in the period that `now` lies in."""
    return (await earned_in(session, affiliate, program, [period], now))[0]


async def earned_in(
    session: AsyncSession,
    affiliate: Affiliate,
    program: Program,
    periods: Iterable[Period],
    now: datetime,
) -> list[Earnings]:
    """What an affiliate earned in each of these periods, those that `now` lies in, in one look."""
    zone = zone_of(affiliate, program)
    spans = {period: bounds(period, now, zone) for period in periods}
    found = {period: {program.currency: [0, 0]} for period in spans}
    for currency, reason, sums in await ledger.sums(session, affiliate.id, [*spans.values()]):
        if reason.startswith(NOT_EARNED):
            continue
        for amounts, amount in zip(found.values(), sums, strict=True):
            if amount is not None:
                amounts.setdefault(currency, [0, 0])[amount < 0] += amount
    return [
        Earnings(
            period,
            zone.key,
            *spans[period],
            now,
            tuple(Amount(currency, *both) for currency, both in amounts.items()),
        )
        for period, amounts in found.items()
    ]
