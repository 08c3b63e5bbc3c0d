"""Live earnings: what counts, and when days, weeks and months begin."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

import clock
from domain.earnings import Amount, Earnings, Period, bounds, earned
from domain.program import Program
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ledger import LedgerEntry
from tests.builders import facts, join, later, settle

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def post(
    db: Database,
    affiliate: Affiliate,
    amount: int,
    at: datetime,
    *,
    reason: str = "commission",
    currency: str = "usd",
) -> None:
    """An entry of the ledger."""
    async with db.transaction() as session:
        session.add(
            LedgerEntry(
                affiliate_user_id=affiliate.id,
                amount=amount,
                currency=currency,
                reason=reason,
                source=f"test:{at}:{amount}:{reason}:{currency}",
                available_at=at + timedelta(days=30),
                created_at=at,
            )
        )


async def earnings(
    db: Database, affiliate: Affiliate, period: Period, now: datetime = NOW
) -> Earnings:
    """What they earned."""
    async with db.read() as session:
        return await earned(session, affiliate, Program(time_zone="Europe/Berlin"), period, now)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (datetime(2027, 3, 28, 12, tzinfo=UTC), 23),
        (datetime(2026, 10, 25, 12, tzinfo=UTC), 25),
        (NOW, 24),
    ],
)
def test_a_day_is_as_long_as_the_clocks_there_make_it(day: datetime, hours: int) -> None:
    """From midnight to midnight; and its week and month are as much shorter or longer."""
    since, until = bounds(Period.TODAY, day, BERLIN)
    assert (until - since) / HOUR == hours
    assert since.astimezone(BERLIN).hour == until.astimezone(BERLIN).hour == 0
    since, until = bounds(Period.WEEK, day, BERLIN)
    assert (until - since) / HOUR == 6 * 24 + hours
    assert since.astimezone(BERLIN).weekday() == until.astimezone(BERLIN).weekday() == 0


def test_a_month_ends_with_its_last_day() -> None:
    """Also February, and December, after which the year is another."""
    for moment, end in (
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=BERLIN)),
        (datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=BERLIN)),
        # Already January in Berlin.
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=BERLIN)),
    ):
        since, until = bounds(Period.MONTH, moment, BERLIN)
        assert until == end
        assert since.astimezone(BERLIN).day == 1
        assert since <= moment < until


async def test_a_period_has_what_was_posted_in_it(db: Database) -> None:
    """To the microsecond, where they live: what is a second before midnight was yesterday."""
    mia = await join(db)
    midnight = datetime(2026, 11, 17, 23, tzinfo=UTC)
    await post(db, mia, 1, midnight)
    await post(db, mia, 10, midnight - timedelta(microseconds=1))
    await post(db, mia, 100, datetime(2026, 11, 15, 23, tzinfo=UTC))  # Monday
    await post(db, mia, 1000, datetime(2026, 11, 15, 22, 59, tzinfo=UTC))
    await post(db, mia, 10000, datetime(2026, 10, 31, 23, tzinfo=UTC))
    await post(db, mia, 100000, datetime(2026, 10, 31, 22, 59, tzinfo=UTC))
    found = {period: await earnings(db, mia, period) for period in Period}
    totals = {period: one.amounts[0].total for period, one in found.items()}
    assert totals == {Period.TODAY: 1, Period.WEEK: 111, Period.MONTH: 11111}
    assert found[Period.TODAY].time_zone == "Europe/Berlin"


async def test_their_own_zone_goes_before_the_programs(db: Database) -> None:
    """In Tokyo it is tomorrow already."""
    mia = await join(db)
    mia.time_zone = "Asia/Tokyo"
    await post(db, mia, 5, datetime(2026, 11, 17, 16, tzinfo=UTC))
    assert (await earnings(db, mia, Period.TODAY)).amounts == (Amount("usd", 5, 0),)
    mia.time_zone = ""
    assert (await earnings(db, mia, Period.TODAY)).amounts == (Amount("usd", 0, 0),)


async def test_all_counts_but_payouts(db: Database) -> None:
    """Bonuses do, and what is taken back, which may be more than there was; by currency."""
    mia, leo = await join(db), await join(db, "LEO30", email="leo@example.com")
    for amount, reason in ((500, "commission"), (700, "milestone"), (-1500, "clawback")):
        await post(db, mia, amount, NOW - HOUR, reason=reason)
    for amount, reason in ((-9000, "payout"), (9000, "payout_failed"), (-3, "payout_withheld")):
        await post(db, mia, amount, NOW - HOUR, reason=reason)
    await post(db, mia, 80, NOW - HOUR, currency="jpy")
    await post(db, leo, 99, NOW - HOUR)
    found = await earnings(db, mia, Period.TODAY)
    assert found.amounts == (Amount("usd", 1200, -1500), Amount("jpy", 80, 0))
    assert found.amounts[0].total == -300


async def test_a_sale_counts_when_it_is_heard_of(db: Database) -> None:
    """Not when it was paid; and a refund is of the day on which it is heard of."""
    mia = await join(db)
    with clock.travel(NOW):
        await settle(db, facts())
    with clock.travel(NOW + timedelta(days=1)):
        await settle(db, later(facts(), refunded=2900))
    assert (await earnings(db, mia, Period.TODAY)).amounts == (Amount("usd", 557, 0),)
    next_day = await earnings(db, mia, Period.TODAY, NOW + timedelta(days=1))
    assert next_day.amounts == (Amount("usd", 0, -557),)


async def test_no_period_reads_more_than_it_needs(db: Database) -> None:
    """The sums are found by an index, however long the ledger is."""
    statement = (
        "EXPLAIN {} SELECT currency, reason, sum(amount) FROM affiliate_ledger "
        "WHERE affiliate_user_id = '{}' AND created_at >= '2026-11-18' "
        "AND created_at < '2026-11-19' GROUP BY currency, reason"
    )
    mia = await join(db)
    async with db.transaction() as session:
        connection = await session.connection()
        if not db.is_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        words = statement.format("QUERY PLAN" if db.is_sqlite else "", mia.id)
        plan = str((await connection.execute(text(words))).all())
    assert re.search(r"INDEX .*created_at>" if db.is_sqlite else r"Index Cond: .*created_at", plan)
