import asyncio
from dataclasses import replace
from datetime import timedelta

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlmodel import col, select

from storage import affiliates, migrate, migrating, raw_sums, referrals
from storage import codes as code_rows
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.tables import METADATA
from tests.builders import PAID, facts, join, settle

_FIRST_WITH_SALES = "0002"


async def test_migrations_give_the_shape_that_the_code_declares(db: Database) -> None:
    """Nothing in the code's tables is missing from a migrated database, nor the reverse."""
    async with db.engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True}), METADATA
            )
        )
    assert differences == []
    assert await migrate.is_current(db)


async def test_several_processes_may_migrate_at_the_same_moment(database_url: str) -> None:
    """A rolling start of several servers leaves one whole schema and no error."""
    databases = [Database(database_url) for _ in range(3)]
    try:
        await asyncio.gather(*(migrate.upgrade(database) for database in databases))
        assert await migrate.is_current(databases[0])
    finally:
        for database in databases:
            await database.close()


async def test_a_program_from_before_comes_through_with_its_money(db: Database) -> None:
    """What was earned under the first shape with sales stays so; a refund then takes it back.

    Everything newer is taken away, as if it had never been there, and brought back.
    """
    jared = await join(db)
    await settle(db, facts(1), facts(2))

    def back(sync: Connection) -> set[str]:
        command.downgrade(migrating.config(sync), _FIRST_WITH_SALES)
        return set(inspect(sync).get_table_names())

    async with db.engine.connect() as connection:
        tables = await connection.run_sync(back)
        await connection.commit()
    assert "sales" in tables
    assert not {"checkouts", "referral_clicks", "discount_code_redemptions"} & tables
    await migrate.upgrade(db)
    assert await migrate.is_current(db)

    async with db.read() as session:
        found = await affiliates.get(session, jared.id)
        code = await code_rows.by_code(session, "JARED30")
        referral = await referrals.of_customer(session, "cus_1")
    assert found is not None
    assert (found.promo_code, found.status, found.tier_pinned) == ("JARED30", "approved", False)
    assert code is not None
    assert (code.affiliate_user_id, code.prior_uses, code.currency) == (jared.id, 0, "")
    assert referral is not None
    assert (referral.first_sale, referral.converted_at, referral.user_id) == (True, PAID, "")
    assert referral.counted
    assert await _earned(db) == [557, 557]
    refunded = replace(facts(1), refunded=2900, fetched_at=PAID + timedelta(days=40))
    sale = await settle(db, refunded)
    assert sale.outcome == "credited"
    assert await _earned(db) == [557, 557, -557]
    async with db.transaction() as session:
        await raw_sums.rebuild(session)  # as the night's run does after an update
    async with db.read() as session:
        assert await raw_sums.differences(session) == 0


async def _earned(db: Database) -> list[int]:
    """The ledger's amounts, oldest first."""
    async with db.read() as session:
        entries = (await session.exec(select(LedgerEntry).order_by(col(LedgerEntry.id)))).all()
    return [entry.amount for entry in entries]
