"""The week in the operators' channel: what came in, what is owed, and what waits for somebody.

Weeks are ISO weeks in UTC. One message is posted for each, some hours after it has ended; after
an outage only for the latest one, since nobody wants three at once.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, program, stats
from domain.errors import NotFoundError
from domain.stats import CREDITED, Course, Earner
from domain.zones import at, zone_named
from storage import applications, jobs, payouts
from storage import stats as rows
from storage.applications import PENDING

JOB: Final = "digest"
HOUR: Final = 8
"""Posted from this hour on, by the program's clock."""
_WEEK: Final = timedelta(days=7)
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week, by its Monday."""

    monday: date

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """The week that a moment lies in."""
        day = moment.astimezone(UTC).date()
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def named(cls, name: str) -> Self:
        """The week of a name such as `2026-W47`; `NotFoundError` if it is none."""
        try:
            found = cls(datetime.strptime(f"{name}-1", "%G-W%V-%u").replace(tzinfo=UTC).date())
        except ValueError:
            raise NotFoundError(f"“{name[:20]}” is no week. Write it like 2026-W47.") from None
        if found.monday.isocalendar().week != int(name.rpartition("W")[2]):
            raise NotFoundError(f"{found.monday.isocalendar().year - 1} had no week 53.")
        return found

    def __str__(self) -> str:
        return f"{self.monday:%G-W%V}"

    def before(self) -> Self:
        """The week before."""
        return type(self)(self.monday - _WEEK)

    @property
    def start(self) -> datetime:
        """Its first moment."""
        return datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.start + _WEEK

    @property
    def words(self) -> str:
        """Such as `Week 47, 16 to 22 November 2026`."""
        last = self.monday + timedelta(days=6)
        first = f"{self.monday.day}"
        if self.monday.month != last.month:
            first += f" {self.monday:%B}"
        return f"Week {self.monday.isocalendar().week}, {first} to {last.day} {last:%B %Y}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one week brought, money in minor units by currency, as `stats.Overview` counts it."""

    sales: int
    credited: int
    kept: dict[str, int]
    commissions: dict[str, int]
    payouts: int
    paid: dict[str, int]
    new_affiliates: int
    applications: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A week beside the one before, and how things stand now."""

    week: Week
    running: bool
    this: Figures
    before: Figures
    course: Course
    top: list[Earner]
    owed: dict[str, int]
    queue: int
    payouts_open: int
    leaks: int
    cases: int
    parked: int


async def digest(session: AsyncSession, week: Week) -> Digest:
    """A week's digest, as it stands now."""
    earned = await rows.commissions_by_affiliate(session, week.start, week.end)
    settings = await program.load(session)
    leaks, cases, parked = await rows.to_look_at(session)
    return Digest(
        week,
        week.end > clock.now(),
        await _figures(session, week),
        await _figures(session, week.before()),
        await _course(session, week),
        stats.top(earned, settings.currency),
        await rows.owed(session),
        (await applications.count_by_status(session)).get(PENDING, 0),
        await payouts.count_open(session),
        leaks,
        cases,
        parked,
    )


async def _figures(session: AsyncSession, week: Week) -> Figures:
    outcomes = await rows.sales_by_outcome(session, week.start, week.end)
    kept, commissions = Counter[str](), Counter[str]()
    for _, currency, _, amount in outcomes:
        kept[currency] += amount
    earned = await rows.commissions_by_affiliate(session, week.start, week.end)
    for _, currency, _, amount in earned:
        commissions[currency] += amount
    paid = await rows.paid_out(session, week.start, week.end)
    new_affiliates, applied = await rows.count_new(session, week.start, week.end)
    return Figures(
        sum(count for _, _, count, _ in outcomes),
        sum(count for outcome, _, count, _ in outcomes if outcome == CREDITED),
        dict(kept),
        dict(commissions),
        sum(count for _, count, _ in paid),
        {currency: amount for currency, _, amount in paid},
        new_affiliates,
        applied,
    )


async def _course(session: AsyncSession, week: Week) -> Course:
    bounds = [week.start + timedelta(days=day) for day in range(8)]
    credited, others = [0] * 7, [0] * 7
    for outcome, part, count in await rows.sales_between(session, bounds):
        (credited if outcome == CREDITED else others)[part] += count
    return Course([f"{day:%a} {day.day}" for day in bounds[:-1]], credited, others)


async def post_due(session: AsyncSession) -> bool:
    """Have the latest full week posted, once; whether it is now.

    A week from before anything happened here is left out.
    """
    now = clock.now()
    week = Week.of(now).before()
    zone = zone_named((await program.load(session)).time_zone) or ZoneInfo("UTC")
    if now < max(week.end, at(week.end.date(), HOUR, zone)):
        return False
    if not await jobs.claim(session, JOB, str(week)):
        return False
    if not any(await rows.count_new(session, _BEGINNING, week.end)):
        return False
    await effects.post_digest(session, str(week))
    return True
