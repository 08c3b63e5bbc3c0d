"""How the program does, and what it owes. Money is minor units by currency, never added up."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import program
from storage import affiliates, closings, sale_days
from storage import stats as rows
from storage.affiliates import Affiliate
from storage.sale_days import SaleDay

TOP: Final = 5
CREDITED: Final = "credited"
_MONTHS_SHOWN: Final = 12
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Period(StrEnum):
    """A stretch of time up to now, by the calendar in UTC; weeks begin on Monday."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"

    def since(self, now: datetime) -> datetime:
        """Its first moment."""
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Period.WEEK:
            return day - timedelta(days=day.weekday())
        if self is Period.MONTH:
            return day.replace(day=1)
        return day if self is Period.TODAY else _BEGINNING


@dataclass(frozen=True, slots=True)
class Course:
    """How many sales came in each part of a period: `labels`, and counts beside them."""

    labels: Sequence[str]
    credited: Sequence[int]
    others: Sequence[int]


@dataclass(frozen=True, slots=True)
class Earner:
    """An affiliate and what they earned in a period, less what was taken back."""

    affiliate: Affiliate
    sales: int
    commissions: dict[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """A period at a glance. Sales count where they brought anything.

    `kept` is what was collected on all sales less refunds and disputes, `kept_credited` on those
    that somebody earns from.
    """

    period: Period
    since: datetime
    sales: int
    credited: int
    kept: dict[str, int]
    kept_credited: dict[str, int]
    commissions: dict[str, int]
    new_affiliates: int
    applications: int
    top: list[Earner]
    course: Course


async def overview(session: AsyncSession, period: Period) -> Overview:
    """The figures of a period, up to now."""
    now = clock.now()
    since = period.since(now)
    currency = (await program.load(session)).currency
    bounds, labels = _parts(period, now)
    if period in {Period.MONTH, Period.ALL}:
        days = await sale_days.since(session, since.date())
        outcomes = [(one.outcome, one.currency, one.count, one.kept) for one in days]
        parts = list(_by_part(days, bounds))
    else:
        outcomes = await rows.sales_by_outcome(session, since)
        parts = await rows.sales_between(session, bounds)
    if period is Period.ALL:
        earned = await rows.top_ever(session, currency, TOP)
        commissions = await rows.earned_ever(session)
    else:
        earned = await rows.commissions_by_affiliate(session, since)
        commissions = Counter[str]()
        for _, unit, _, amount in earned:
            commissions[unit] += amount
    kept, kept_credited = Counter[str](), Counter[str]()
    for outcome, unit, _, amount in outcomes:
        kept[unit] += amount
        if outcome == CREDITED:
            kept_credited[unit] += amount
    new_affiliates, applications = await rows.count_new(session, since)
    return Overview(
        period,
        since,
        sum(count for _, _, count, _ in outcomes),
        sum(count for outcome, _, count, _ in outcomes if outcome == CREDITED),
        dict(kept),
        dict(kept_credited),
        dict(commissions),
        new_affiliates,
        applications,
        top(earned, currency),
        _course(labels, parts),
    )


def top(earned: Sequence[tuple[Affiliate, str, int, int]], currency: str) -> list[Earner]:
    """The first by what they earned in a currency, then by sales.

    From `(affiliate, currency, sales, amount)`.
    """
    found: dict[UUID, Earner] = {}
    for affiliate, unit, count, amount in earned:
        so_far = found.get(affiliate.id, Earner(affiliate, 0, {}))
        found[affiliate.id] = Earner(
            affiliate, so_far.sales + count, so_far.commissions | {unit: amount}
        )

    def rank(earner: Earner) -> tuple[int, int]:
        return (-earner.commissions.get(currency, 0), -earner.sales)

    return sorted(found.values(), key=rank)[:TOP]


def _by_part(days: Iterable[SaleDay], bounds: Sequence[datetime]) -> Iterator[tuple[str, int, int]]:
    """As `storage.stats.sales_between`, of whole days."""
    firsts = [bound.date() for bound in bounds]
    for one in days:
        if firsts[0] <= one.day < firsts[-1]:
            yield one.outcome, bisect_right(firsts, one.day) - 1, one.count


def _course(labels: Sequence[str], parts: Iterable[tuple[str, int, int]]) -> Course:
    credited, others = [0] * len(labels), [0] * len(labels)
    for outcome, part, count in parts:
        (credited if outcome == CREDITED else others)[part] += count
    return Course(labels, credited, others)


def _parts(period: Period, now: datetime) -> tuple[list[datetime], list[str]]:
    """Bounds (one more than labels) that divide a period; of all time, the last twelve months."""
    since = period.since(now)
    if period is Period.TODAY:
        bounds = [since + timedelta(hours=3 * part) for part in range(9)]
        return bounds, [f"from {start:%H}:00" for start in bounds[:-1]]
    if period is Period.WEEK:
        bounds = [since + timedelta(days=part) for part in range(8)]
        return bounds, [f"{start:%a %d}" for start in bounds[:-1]]
    if period is Period.MONTH:
        after = (since + timedelta(days=32)).replace(day=1)
        bounds = [since + timedelta(days=7 * part) for part in range(5)]
        bounds = [*(bound for bound in bounds if bound < after), after]
        return bounds, [f"from {start.day} {start:%b}" for start in bounds[:-1]]
    month = Period.MONTH.since(now)
    bounds = [(month + timedelta(days=32)).replace(day=1)]
    while len(bounds) <= _MONTHS_SHOWN:
        bounds.insert(0, month)
        month = (month - timedelta(days=1)).replace(day=1)
    return bounds, [f"{start:%b %Y}" for start in bounds[:-1]]


@dataclass(frozen=True, slots=True)
class Owed:
    """What one affiliate has in one currency.

    `available` may be asked for, `pending` is on hold, `under_way` is reserved for payouts that
    are not paid yet, `paid` has left. A negative balance is carried forward.
    """

    affiliate: Affiliate | None
    currency: str
    available: int
    pending: int
    under_way: int
    paid: int

    @property
    def owed(self) -> int:
        """What the program still has to pay, on hold or not."""
        return self.available + self.pending


@dataclass(frozen=True, slots=True)
class Report:
    """`totals` for each currency, and `lines` for each affiliate, who is owed most first."""

    totals: list[Owed] = field(default_factory=list)
    lines: list[Owed] = field(default_factory=list)


async def report(session: AsyncSession) -> Report:
    """What is owed, held, on its way and paid."""
    balances = await closings.balances(session, clock.now())
    sent, under_way = await rows.sent(session), await rows.under_way(session)
    people = await affiliates.by_ids(session, {owner for owner, _ in balances})
    everybody = [
        Owed(
            people[owner],
            currency,
            *balances[owner, currency],
            under_way.get((owner, currency), 0),
            sent.get((owner, currency), 0) - under_way.get((owner, currency), 0),
        )
        for owner, currency in balances
    ]
    lines = [
        line for line in everybody if line.available or line.pending or line.under_way or line.paid
    ]
    totals = [
        Owed(
            None,
            currency,
            sum(line.available for line in lines if line.currency == currency),
            sum(line.pending for line in lines if line.currency == currency),
            sum(line.under_way for line in lines if line.currency == currency),
            sum(line.paid for line in lines if line.currency == currency),
        )
        for currency in sorted({line.currency for line in lines})
    ]
    return Report(totals, sorted(lines, key=lambda line: (line.currency, -line.owed)))
