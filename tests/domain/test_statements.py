import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID

import pytest

import clock
from domain.errors import NotFoundError
from domain.statements import Account, Month, statement, write_csv
from storage import commissions
from storage.db import Database
from storage.ledger import LedgerEntry
from tests.builders import BUYER, PAID, facts, join, later, settle

NOVEMBER = Month(2026, 11)


async def read(db: Database, affiliate_id: UUID, month: Month) -> list[Account]:
    """A statement."""
    async with db.read() as session:
        return await statement(session, affiliate_id, month)


async def post(
    db: Database, affiliate_id: UUID, amount: int, at: datetime, currency: str = "usd"
) -> None:
    """An entry that is no commission's."""
    async with db.transaction() as session:
        session.add(
            LedgerEntry(
                affiliate_user_id=affiliate_id,
                amount=amount,
                currency=currency,
                reason="payout",
                source=f"payout:{at}{amount}{currency}",
                available_at=at,
                created_at=at,
            )
        )


class TestMonths:
    """A calendar month, in UTC."""

    @pytest.mark.parametrize("name", ["", "2026", "2026-13", "2026-00", "1999-12", "2026-1", "x"])
    def test_what_is_no_month_is_refused(self, name: str) -> None:
        """In words."""
        with pytest.raises(NotFoundError, match="2026-11"):
            Month.named(name)

    def test_they_follow_each_other(self) -> None:
        """Also over the turn of the year."""
        assert Month(2026, 12).after() == Month(2027, 1)
        assert Month(2027, 1).before() == Month(2026, 12)
        assert Month.named("2026-11").after().before() == NOVEMBER
        assert (str(NOVEMBER), NOVEMBER.words) == ("2026-11", "November 2026")


class TestStatement:
    """The ledger of a month."""

    async def test_it_leads_from_opening_to_closing(self, db: Database) -> None:
        """Every entry once, the balance after each, and what each is about."""
        affiliate = await join(db)
        with clock.travel(PAID):
            await settle(db, facts())
        with clock.travel(PAID + timedelta(days=10)):
            await settle(db, later(facts(), refunded=1450))
        with clock.travel(PAID + timedelta(days=12)):
            await settle(db, later(later(facts())))
        with clock.travel(PAID + timedelta(days=40)):
            await settle(db, facts(2))
        (account,) = await read(db, affiliate.id, NOVEMBER)
        assert (account.currency, account.opening, account.closing) == ("usd", 0, 557)
        assert [(line.words, line.entry.amount, line.balance) for line in account.lines] == [
            ("Commission", 557, 557),
            ("Taken back", -290, 267),
            ("Commission raised", 290, 557),
        ]
        assert [line.sale.invoice_id for line in account.lines if line.sale] == ["in_1"] * 3
        (december,) = await read(db, affiliate.id, Month(2026, 12))
        assert (december.opening, december.closing) == (557, 1114)

    async def test_its_bounds_are_sharp(self, db: Database) -> None:
        """The first moment belongs to the month, the first of the next does not."""
        affiliate = await join(db)
        instant = timedelta(microseconds=1)
        for at in (
            NOVEMBER.start - instant,
            NOVEMBER.start,
            NOVEMBER.after().start - instant,
            NOVEMBER.after().start,
        ):
            await post(db, affiliate.id, -100, at)
        (account,) = await read(db, affiliate.id, NOVEMBER)
        assert (account.opening, len(account.lines), account.closing) == (-100, 2, -300)

    async def test_currencies_are_accounts_of_their_own(self, db: Database) -> None:
        """Never added; one without movement shows what it holds."""
        affiliate = await join(db)
        await post(db, affiliate.id, 700, datetime(2026, 10, 3, tzinfo=UTC), "jpy")
        await post(db, affiliate.id, 500, PAID)
        shown = await read(db, affiliate.id, NOVEMBER)
        assert [(one.currency, one.opening, one.closing, len(one.lines)) for one in shown] == [
            ("jpy", 700, 700, 0),
            ("usd", 0, 500, 1),
        ]

    async def test_more_commissions_than_a_query_takes(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They are asked for in parts."""
        monkeypatch.setattr(commissions, "_AT_ONCE", 1)
        affiliate = await join(db)
        with clock.travel(PAID):
            await settle(db, facts(1), facts(2))
        (account,) = await read(db, affiliate.id, NOVEMBER)
        assert [line.sale.invoice_id for line in account.lines if line.sale] == ["in_1", "in_2"]

    async def test_other_peoples_entries_stay_theirs(self, db: Database) -> None:
        """Nobody reads another's statement."""
        affiliate = await join(db)
        amy = await join(db, "AMY30", email="amy@example.com")
        await post(db, affiliate.id, 500, PAID)
        assert await read(db, amy.id, NOVEMBER) == []


class TestCsv:
    """The same for a spreadsheet."""

    async def test_it_adds_up(self, db: Database) -> None:
        """Amounts are numbers a spreadsheet can sum, and opening and closing frame them."""
        affiliate = await join(db)
        one = facts(customer=replace(BUYER, id="=cmd()"))
        with clock.travel(PAID):
            await settle(db, one, later(one, refunded=1450))
        table = StringIO()
        write_csv(await read(db, affiliate.id, NOVEMBER), NOVEMBER, table)
        rows = list(csv.DictReader(StringIO(table.getvalue())))
        assert [(row["what"], row["amount"], row["balance"]) for row in rows] == [
            ("Opening balance", "", "0.00"),
            ("Commission", "5.57", "5.57"),
            ("Taken back", "-2.90", "2.67"),
            ("Closing balance", "", "2.67"),
        ]
        assert (rows[1]["customer"], rows[1]["cycle"]) == ("Customer …md()", "1")
        assert rows[1]["available_at"] == "2026-12-01 12:00"

    async def test_no_cell_is_a_formula(self, db: Database) -> None:
        """Whatever an entry's reason is."""
        affiliate = await join(db)
        async with db.transaction() as session:
            session.add(
                LedgerEntry(
                    affiliate_user_id=affiliate.id,
                    amount=1,
                    currency="usd",
                    reason="=1+1",
                    source="manual:1",
                    available_at=PAID,
                    created_at=PAID,
                )
            )
        table = StringIO()
        write_csv(await read(db, affiliate.id, NOVEMBER), NOVEMBER, table)
        assert ",'=1+1," in table.getvalue()
