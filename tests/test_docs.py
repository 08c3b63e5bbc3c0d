"""The worked examples of docs/money.md, run: what stands there is what the program does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import func, select

import clock
from domain import payouts, sales
from domain.attribution import Customer
from domain.audit import Actor
from domain.commissions import arithmetic
from domain.money import decimals, percent
from storage import commissions, ledger
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.sales import Sale
from tests.builders import facts, join

PAGE = (Path(__file__).parents[1] / "docs" / "money.md").read_text()
DAY_0 = datetime(2026, 11, 1, 12, tzinfo=UTC)
Row = dict[str, str]


def tables(kind: str) -> list[list[Row]]:
    """The tables that are marked as examples of a kind, as rows by column."""
    found = []
    for part in PAGE.split(f"<!-- example: {kind} -->\n")[1:]:
        lines = part.split("\n\n", 1)[0].splitlines()
        heads, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
        found.append([dict(zip(heads, row, strict=True)) for row in rows])
    return found


def minor(text: str, currency: str = "usd") -> int:
    """An amount of the page in minor units; an empty cell or `none` is 0."""
    if text in {"", "none"}:
        return 0
    amount = Decimal(text.replace("\N{MINUS SIGN}", "-")).scaleb(decimals(currency))
    assert amount == int(amount), f"{text} has too many digits"
    return int(amount)


def test_every_table_is_an_example_that_is_run() -> None:
    """A table without a mark would say something that nobody checks."""
    marked = sum(len(tables(kind)) for kind in ("arithmetic", "cycles", "story"))
    assert len([line for line in PAGE.splitlines() if line.startswith("|---")]) == marked == 5


@pytest.mark.parametrize("row", *tables("arithmetic"), ids=lambda row: row["A sale"])
def test_a_commission_is_what_the_page_says(row: Row) -> None:
    """Base and commission, to the last minor unit."""

    def of(column: str) -> int:
        return minor(row[column], row["Currency"])

    sale = Sale(
        invoice_id="in_1",
        customer_id="cus_1",
        currency=row["Currency"],
        collected=of("Collected"),
        tax=of("Tax"),
        fee=of("Fee"),
        refunded=of("Refunded"),
        disputed=of("Disputed"),
        paid_at=DAY_0,
        facts_at=DAY_0,
    )
    rate_bp = int(Decimal(row["Rate"].removesuffix("%")) * 100)
    assert percent(rate_bp) == row["Rate"]
    summed = arithmetic(sale, row["Base is"], rate_bp)
    assert (summed.base, summed.amount) == (of("Base"), of("Commission"))


async def test_the_cycles_that_earn_are_those_of_the_page(db: Database) -> None:
    """One customer's invoices in their order."""
    (rows,) = tables("cycles")
    await join(db)
    for number, row in enumerate(rows):
        cycle = int(row["Cycle"])
        one = facts(
            max(cycle, 1),
            invoice_id=f"in_{number}",
            collected=minor(row["Collected"]),
            fee=minor(row["Fee"]),
            cycle=cycle,
            earlier=tuple(f"in_{before}" for before in range(number)),
        )
        async with db.transaction() as session:
            sale = await sales.settle(session, one)
            commission = await commissions.of_sale(session, sale.id)
        assert f"`{sale.outcome}`" == row["Outcome"]
        assert (commission is None) == (row["Commission"] == "none")
        assert (commission.amount_cents if commission else 0) == minor(row["Commission"])


@pytest.mark.parametrize("story", tables("story"), ids=["holds", "refunds", "payouts"])
async def test_a_story_goes_as_the_page_says(db: Database, story: list[Row]) -> None:
    """What is posted on each day, and the balances after it."""
    paid_on: dict[str, datetime] = {}
    with clock.travel(DAY_0 - timedelta(days=1)):
        affiliate = await join(db)
    for row in story:
        now = DAY_0 + timedelta(days=int(row["Day"]))
        with clock.travel(now):
            before = await posted(db)
            if invoice := row["Invoice"]:
                await settle(db, row, paid_on.setdefault(invoice, now), now)
            if row["Paid out"]:
                assert await pay_out(db, affiliate) == minor(row["Paid out"])
            assert await posted(db) - before == minor(row["Posted"]), row["What happens"]
            async with db.read() as session:
                balances = await ledger.balances(session, affiliate.id, now)
        shown = (minor(row["Available"]), minor(row["Pending"]))
        assert balances == {"usd": shown}, row["What happens"]


async def settle(db: Database, row: Row, paid_at: datetime, now: datetime) -> None:
    """Settle the invoice of a row, as it stands on that day; each is a customer of its own."""
    one = facts(
        invoice_id=f"in_{row['Invoice']}",
        customer=Customer(f"cus_{row['Invoice']}", f"{row['Invoice']}@example.net", {}),
        collected=minor(row["Collected"]),
        refunded=minor(row["Refunded"]),
        disputed=minor(row["Disputed"]),
        fee=0,
        paid_at=paid_at,
    )
    async with db.transaction() as session:
        await sales.settle(session, replace(one, fetched_at=now))


async def posted(db: Database) -> int:
    """What all entries come to."""
    async with db.read() as session:
        total = select(func.coalesce(func.sum(LedgerEntry.amount), 0))
        return int((await session.exec(total)).one())


async def pay_out(db: Database, affiliate: Affiliate) -> int:
    """Ask for a payout; what it came to."""
    async with db.transaction() as session:
        payout = await payouts.request(session, affiliate.id, Actor("jared", "", "dashboard"))
    return payout.amount_cents
