"""A large program: nothing that anybody asks for reads a table that grows from end to end."""

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Final

import pytest
from sqlmodel import select

import clock
from domain.attribution import Customer
from scheduled.closings import close, fold_sales
from storage.affiliates import Affiliate
from storage.db import Database
from tests.asking import OK, Asking, commands, jobs, pages
from tests.builders import facts, later, settle
from tests.large import END, SIZE, grow, growing
from tests.plans import Listener, listening, scanned

NOW: Final = END + timedelta(hours=1)

AS_MANY_AS_AFFILIATES: Final = frozenset(
    {
        *("affiliates", "affiliate_applications", "affiliate_erasures", "affiliate_violations"),
        *("affiliate_ledger_closings", "discount_code_sums", "sale_days"),
        *("affiliate_unsubscriptions", "discount_codes", "referral_links", "email_drip_log"),
    }
)
"""Ten thousand rows, not millions: to look for a word in them, or to count them, takes no time.

The sums of a day's sales are some rows a day, however many sales there are.
"""

COMPARE_ALL: Final = frozenset({"errand conversions", "errand reconcile", "errand rollups"})
"""What proves the books at night reads them; it holds nobody up."""


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """A database that has grown for a year."""
    database = Database(migrated_url)
    await grow(database)
    with clock.travel(NOW):
        async with database.transaction() as session:
            # As the nights and days of that year have done.
            await close(session)
            await fold_sales(session)
        yield database
    await database.close()


async def _somebody(db: Database) -> Affiliate:
    """An affiliate of the middle, as most are."""
    async with db.read() as session:
        query = select(Affiliate).where(Affiliate.promo_code == f"PARTNER{SIZE.affiliates // 2}")
        return (await session.exec(query)).one()


async def _ask(asked: Iterable[Asking], listener: Listener) -> int:
    """Ask each; how many showed something."""
    shown = 0
    for name, ask in asked:
        with listener.asking(name):
            shown += await ask() == OK
    return shown


async def _earn(db: Database, listener: Listener) -> None:
    """A sale and its refund."""
    owner = await _somebody(db)
    buyer = Customer("cus_new", "new@example.net", {})
    sold = facts(
        invoice_id="in_new",
        customer=buyer,
        codes=(owner.promo_code,),
        paid_at=clock.now(),
        fetched_at=clock.now(),
    )
    with listener.asking("a sale"):
        await settle(db, sold)
    with listener.asking("a refund"):
        await settle(db, later(sold, refunded=900))


async def test_no_table_that_grows_is_read_from_end_to_end(db: Database) -> None:
    """Every page, operation, command and job, and what a sale does."""
    with listening() as listener:
        async with pages(db, await _somebody(db)) as asked:
            assert await _ask(asked, listener) > 50
        async with commands(db) as typed:
            await _ask(typed, listener)
        await _earn(db, listener)
        await _ask(jobs(db), listener)
    large = await growing(db) - AS_MANY_AS_AFFILIATES
    assert {"referral_clicks", "sales", "affiliate_ledger", "inbox", "outbox"} <= large
    assert len(large) > 40
    found, looked_at = [], 0
    async with db.read() as session:
        for said in listener.said.values():
            if said.by in COMPARE_ALL:
                continue
            tables = await scanned(session, said, large)
            looked_at += 1
            found += [
                f"{said.by} reads all of {table}:\n{said.statement}" for table in sorted(tables)
            ]
    assert looked_at > 200
    assert not found, "\n\n".join(found)
