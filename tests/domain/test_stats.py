from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import clock
from domain import stats
from domain.stats import Earner, Owed, Period
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.payouts import Payout
from tests.builders import BUYER, PAID, apply, facts, join, later, settle

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
"""A Wednesday."""


@pytest.mark.parametrize(
    ("period", "since"),
    [
        (Period.TODAY, datetime(2026, 11, 18, tzinfo=UTC)),
        (Period.WEEK, datetime(2026, 11, 16, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 11, 1, tzinfo=UTC)),
        (Period.ALL, datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_period_begins_where_the_calendar_says(period: Period, since: datetime) -> None:
    """At midnight in UTC, on Monday, on the first, or before everything."""
    assert period.since(NOON) == since


class TestOverview:
    """A period at a glance."""

    async def test_it_counts_what_came_in(self, db: Database) -> None:
        """Sales and credited ones, money by currency less refunds, new people."""
        with clock.travel(PAID - timedelta(days=40)):
            await join(db)
        stranger = replace(BUYER, id="cus_2", email="b@example.net")
        other = facts(1, invoice_id="in_eur", customer=stranger, currency="eur", codes=())
        free = replace(BUYER, id="cus_3", email="c@example.net")
        trial = facts(1, invoice_id="in_0", customer=free, collected=0, fee=0, cycle=0)
        one = facts()
        with clock.travel(PAID + timedelta(days=2)):
            await join(db, "AMY30", email="amy@example.com")
            await apply(db, email="new@example.com")
            await settle(db, one, later(one, refunded=1450), other, trial)
            async with db.read() as session:
                seen = await stats.overview(session, Period.MONTH)
        assert (seen.sales, seen.credited) == (2, 1)
        assert seen.kept == {"usd": 1450, "eur": 2900}
        assert seen.kept_credited == {"usd": 1450}
        assert seen.commissions == {"usd": 267}
        assert (seen.new_affiliates, seen.applications) == (1, 2)

    async def test_what_was_before_the_period_does_not_count(self, db: Database) -> None:
        """Neither in figures nor in the chart."""
        await join(db)
        await settle(db, facts(1), facts(2))
        with clock.travel(PAID + timedelta(days=30, hours=6)):
            async with db.read() as session:
                today = await stats.overview(session, Period.TODAY)
                everything = await stats.overview(session, Period.ALL)
        assert (today.sales, everything.sales) == (1, 2)
        assert today.commissions == {"usd": 557}

    @pytest.mark.parametrize("period", list(Period))
    @pytest.mark.parametrize("now", [NOON, datetime(2028, 2, 29, 23, 59, tzinfo=UTC)])
    async def test_the_course_adds_up_to_the_sales(
        self, db: Database, period: Period, now: datetime
    ) -> None:
        """Each sale lies in one part, also at the edges, and Slack can show as many parts."""
        await join(db)
        start = max(period.since(now), now - timedelta(days=300))
        for number, at in enumerate((start, now, now - (now - start) / 2)):
            buyer = replace(BUYER, id=f"cus_{number}", email=f"b{number}@example.net")
            one = facts(1, invoice_id=f"in_{number}", customer=buyer, paid_at=at)
            await settle(db, replace(one, codes=("JARED30",) if number else ()))
        with clock.travel(now):
            async with db.read() as session:
                seen = await stats.overview(session, period)
        assert (sum(seen.course.credited), sum(seen.course.others)) == (2, 1)
        assert len(seen.course.labels) <= 20
        assert len(set(seen.course.labels)) == len(seen.course.labels)
        assert len(seen.course.credited) == len(seen.course.others) == len(seen.course.labels)

    async def test_the_first_are_by_the_programs_currency(self, db: Database) -> None:
        """Yen are no cents; five at most."""
        codes = [f"CODE{number}X" for number in range(6)]
        for number, code in enumerate(codes):
            affiliate = await join(db, code, email=f"a{number}@example.com")
            buyer = replace(BUYER, id=f"cus_{number}", email=f"b{number}@example.net")
            sale = facts(1, invoice_id=f"in_{number}", customer=buyer, codes=(code,))
            currency = "jpy" if number == 0 else "usd"
            await settle(db, replace(sale, collected=2900 + number * 100, currency=currency))
            assert affiliate.promo_code == code
        with clock.travel(PAID + timedelta(days=1)):
            async with db.read() as session:
                seen = await stats.overview(session, Period.ALL)
        assert [earner.affiliate.promo_code for earner in seen.top] == codes[:0:-1]
        assert seen.top[0] == Earner(seen.top[0].affiliate, 1, {"usd": 657})


class TestReport:
    """What is owed."""

    async def test_it_tells_money_apart_by_where_it_is(self, db: Database) -> None:
        """Available, on hold, reserved, paid; by affiliate, and in total for each currency."""
        jared = await join(db)
        amy = await join(db, "AMY30", email="amy@example.com")
        await settle(db, facts(1), facts(2))
        await move(db, amy, 9000, "usd")
        await pay(db, amy, 4000, "paid")
        await pay(db, amy, 3000, "requested")
        await move(db, amy, 700, "jpy")
        with clock.travel(PAID + timedelta(days=31)):
            async with db.read() as session:
                seen = await stats.report(session)
        assert [(one.currency, one.available, one.pending, one.owed) for one in seen.totals] == [
            ("jpy", 700, 0, 700),
            ("usd", 2557, 557, 3114),
        ]
        assert seen.lines == [
            Owed(seen.lines[0].affiliate, "jpy", 700, 0, 0, 0),
            Owed(seen.lines[1].affiliate, "usd", 2000, 0, 3000, 4000),
            Owed(seen.lines[2].affiliate, "usd", 557, 557, 0, 0),
        ]
        assert [line.affiliate.id for line in seen.lines if line.affiliate] == [
            amy.id,
            amy.id,
            jared.id,
        ]

    async def test_nothing_is_owed_at_first(self, db: Database) -> None:
        """An empty ledger is an empty report."""
        await join(db)
        async with db.read() as session:
            seen = await stats.report(session)
        assert (seen.totals, seen.lines) == ([], [])


async def move(
    db: Database, affiliate: Affiliate, amount: int, currency: str, source: str = ""
) -> None:
    """Post an entry that is available at once."""
    async with db.transaction() as session:
        session.add(
            LedgerEntry(
                affiliate_user_id=affiliate.id,
                amount=amount,
                currency=currency,
                reason="test",
                source=source or f"test:{amount}{currency}",
                available_at=PAID,
            )
        )


async def pay(db: Database, affiliate: Affiliate, amount: int, status: str) -> None:
    """Reserve money for a payout in this status."""
    async with db.transaction() as session:
        payout = Payout(
            affiliate_user_id=affiliate.id, amount_cents=amount, currency="usd", status=status
        )
        session.add(payout)
    await move(db, affiliate, -amount, "usd", f"payout:{payout.id}")
