from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlmodel import col, select

import clock
from domain import earning_periods
from domain.earning_periods import Days, Group, Kind
from storage import raw_sums
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ids import new_id
from storage.ledger import LedgerEntry
from tests.builders import BUYER, PAID, facts, join, later, settle

DAY = timedelta(days=1)
NOVEMBER = Days(date(2026, 11, 1), date(2026, 12, 1))


async def post(
    db: Database, affiliate: Affiliate, amount: int, at: datetime, reason: str, **more: Any
) -> None:
    """An entry that no sale brought."""
    async with db.transaction() as session:
        entry = LedgerEntry(
            affiliate_user_id=affiliate.id,
            amount=amount,
            reason=reason,
            source=f"test:{new_id()}",
            available_at=at,
            created_at=at,
            **({"currency": "usd"} | more),
        )
        session.add(entry)


@pytest.mark.parametrize(
    ("group", "first", "second", "last"),
    [
        (Group.DAY, ("2026-03-31", "2026-04-01"), ("2026-03-30", "2026-03-31"), "2026-02-11"),
        (Group.WEEK, ("2026-03-30", "2026-04-01"), ("2026-03-23", "2026-03-30"), "2026-02-11"),
        (Group.MONTH, ("2026-03-01", "2026-04-01"), ("2026-02-11", "2026-03-01"), "2026-02-11"),
    ],
)
def test_periods_are_those_of_the_calendar(
    group: Group, first: tuple[str, str], second: tuple[str, str], last: str
) -> None:
    """Weeks begin on Monday; the first and the last end where the days do; none is missing."""
    days = Days(date(2026, 2, 11), date(2026, 4, 1))
    parts = list(days.parts(group))
    told = [(part.since.isoformat(), part.until.isoformat()) for part in parts]
    assert (told[0], told[1], told[-1][0]) == (first, second, last)
    assert [after.since for after in parts[:-1]] == [before.until for before in parts[1:]]
    if group is Group.WEEK:
        assert {part.since.weekday() for part in parts[:-1]} == {0}
    assert list(Days(days.until, days.since).parts(group)) == []


async def test_sales_and_all_else_are_told_apart(db: Database) -> None:
    """By currency and kind, on the day of posting.

    Payouts are none, nor what was brought over, nor what others earn.
    """
    mia, leo = await join(db), await join(db, "LEO30", email="leo@example.com")
    first = datetime(2026, 11, 2, 23, 59, 59, 999999, tzinfo=UTC)
    with clock.travel(first):
        await settle(db, facts())
    with clock.travel(first + DAY):
        await settle(db, later(facts(), refunded=2900))
    for amount, reason in (
        (5000, "milestone"),
        (-2000, "milestone_withdrawn"),
        (300, "contest"),
        (40, "second_tier"),
        (-15, "second_tier_taken_back"),
        (7, "set_right"),
        (700, "imported"),
        (-9000, "payout"),
        (9000, "payout_failed"),
    ):
        await post(db, mia, amount, first, reason)
    await post(db, mia, 80, first, "contest", currency="jpy")
    await post(db, leo, 99, first, "contest")
    async with db.read() as session:
        found = await earning_periods.by_period(session, mia.id, Group.DAY, NOVEMBER, 40)
        month = await earning_periods.within(session, mia.id, NOVEMBER)
        began = await earning_periods.first_day(session, mia.id)
    by_day = {days.since.day: sums for days, sums in found if sums}
    nothing = dict.fromkeys(Kind, 0)
    day_2 = {Kind.COMMISSIONS: 557, Kind.RECRUITS: 25, Kind.BONUSES: 3300, Kind.OTHER: 7}
    assert by_day == {
        2: {"usd": day_2, "jpy": nothing | {Kind.BONUSES: 80}},
        3: {"usd": nothing | {Kind.COMMISSIONS: -557}},
    }
    assert len(found) == 30
    assert month == {"usd": day_2 | {Kind.COMMISSIONS: 0}, "jpy": nothing | {Kind.BONUSES: 80}}
    assert began == first.date()


async def test_who_earned_nothing_has_no_first_day(db: Database) -> None:
    """And a month of nothing is that."""
    mia = await join(db)
    async with db.read() as session:
        assert await earning_periods.first_day(session, mia.id) is None
        assert await earning_periods.within(session, mia.id, NOVEMBER) == {}
        backwards = Days(NOVEMBER.until, NOVEMBER.since)
        assert await earning_periods.within(session, mia.id, backwards) == {}
        assert await earning_periods.by_period(session, mia.id, Group.DAY, backwards, 9) == []


@pytest.fixture
async def years(db: Database) -> tuple[Database, Affiliate]:
    """Some weeks of sales, refunds, bonuses and payouts, at any hour."""
    chance = Random(8)  # noqa: S311 - a story, not a secret
    mia = await join(db)
    for number in range(40):
        at = PAID + timedelta(seconds=chance.randrange(80 * 86_400))
        with clock.travel(at):
            sale = facts(
                invoice_id=f"in_{number}",
                customer=replace(BUYER, id=f"cus_{number}", email=f"{number}@example.net"),
                currency=chance.choice(["usd", "eur"]),
                collected=chance.randrange(1, 9000),
                paid_at=at,
                fetched_at=at,
            )
            await settle(db, sale)
        if chance.random() < 0.3:
            with clock.travel(at + timedelta(days=chance.randrange(20))):
                await settle(db, later(sale, refunded=chance.randrange(1, sale.collected + 1)))
        reason = chance.choice(["milestone", "second_tier", "payout", "contest", "adjusted"])
        await post(db, mia, chance.randrange(-500, 500), at, reason)
    return db, mia


@pytest.mark.parametrize("group", Group)
async def test_periods_come_to_what_the_ledger_has(
    years: tuple[Database, Affiliate], group: Group
) -> None:
    """Added up by hand from every entry but payouts, page after page, to the cent."""
    db, mia = years
    days = Days(PAID.date() + DAY, PAID.date() + timedelta(days=90))
    async with db.read() as session:
        query = select(LedgerEntry).where(col(LedgerEntry.affiliate_user_id) == mia.id)
        entries = (await session.exec(query)).all()
        assert await raw_sums.differences(session) == 0
    expected: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for entry in entries:
        if days.start <= entry.created_at < days.end and not entry.reason.startswith("payout"):
            day = max(days.since, group.first(entry.created_at.astimezone(UTC).date()))
            sums = expected[day]
            sums[entry.currency] = sums.get(entry.currency, 0) + entry.amount
    found: dict[date, dict[str, int]] = {}
    left = days
    async with db.read() as session:
        while page := await earning_periods.by_period(session, mia.id, group, left, 7):
            for part, kinds in page:
                assert part.since not in found
                found[part.since] = {unit: sum(each.values()) for unit, each in kinds.items()}
            left = Days(days.since, page[-1][0].since)
    assert {day: amounts for day, amounts in found.items() if amounts} == expected
    assert sum(map(len, expected.values())) > 3
