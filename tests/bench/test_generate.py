"""A made-up program is a true one: its books agree, and its sums are those of its rows."""

import re
from datetime import UTC, datetime
from itertools import islice

import pytest
from sqlalchemy import Connection, inspect, text
from sqlmodel import col, func, select

from bench.chance import Size, percent
from bench.generate import fill
from bench.story import Story
from domain.audit import first_broken_line
from domain.reconcile import disagreements
from storage import closings, raw_sums, referrals
from storage.affiliates import Affiliate
from storage.clicks import Click
from storage.commissions import Commission
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.payouts import Payout
from storage.two_tier import SecondTierCommission

SMALL = Size(40, 1500, 3000)
END = datetime(2026, 11, 6, 15, 30, tzinfo=UTC)


async def test_the_books_agree_and_the_sums_are_those_of_the_rows(db: Database) -> None:
    """What the nightly runs look at, on a year with refunds, recruits and payouts."""
    days = []
    count = await fill(db, SMALL, until=END, progress=lambda: days.append(1))
    assert len(days) > 365
    async with db.read(at_one_moment=True) as session:
        assert await disagreements(session) == []
        assert await raw_sums.differences(session) == 0
        assert await referrals.miscounted(session) == []
        assert await first_broken_line(session) is None

        async def how_many(table: type) -> int:
            return (await session.exec(select(func.count()).select_from(table))).one()

        assert await how_many(Affiliate) == SMALL.affiliates
        assert await how_many(Click) == SMALL.clicks
        assert await how_many(Commission) == pytest.approx(SMALL.commissions, rel=0.1)
        assert await how_many(SecondTierCommission) > 0
        assert count > SMALL.clicks + 4 * SMALL.commissions
        taken_back = select(func.count()).where(col(LedgerEntry.reason) == "clawback")
        assert (await session.exec(taken_back)).one() > 10
        states = select(Payout.status, func.count()).group_by(Payout.status)
        assert {"paid", "requested"} == dict((await session.exec(states)).all()).keys()
        assert any(pending for _, pending in (await closings.balances(session, END)).values())


async def test_a_database_with_somebody_in_it_is_left_alone(sqlite: Database) -> None:
    """Made-up rows never mix with true ones."""
    await fill(sqlite, Size(1, 1, 1), until=END)
    with pytest.raises(ValueError, match="empty database"):
        await fill(sqlite, Size(1, 1, 1), until=END)


def test_the_same_seed_makes_the_same_rows() -> None:
    """Another run, another database, the same program; another seed makes another one."""

    def told(seed: int) -> str:
        some = (row for _, rows in Story(SMALL, END, seed).days() for row in rows)
        return repr([(table.__name__, row) for table, row in islice(some, 2000)])

    assert told(1) == told(1) != told(2)


def test_sizes_are_parts_of_the_whole() -> None:
    """A hundredth is a hundredth of each."""
    assert percent(1) == Size(100, 10_000, 100_000)
    assert percent(100) == Size(10_000, 1_000_000, 10_000_000)


async def test_millions_are_written_another_way_and_come_to_the_same(db: Database) -> None:
    """Its indexes and keys are back afterwards, and hold; the books agree as well."""
    before = await _shape(db)
    assert any("referral_clicks" in one for one in before)
    await fill(db, SMALL, until=END, whole=True)
    assert await _shape(db) == before
    async with db.read(at_one_moment=True) as session:
        assert await disagreements(session) == []
        assert await raw_sums.differences(session) == 0
        count = select(func.count()).select_from(Click)
        assert (await session.exec(count)).one() == SMALL.clicks
        if db.is_sqlite:
            broken = await session.exec(text("PRAGMA foreign_key_check"))  # type: ignore[call-overload]
            assert broken.all() == []


async def _shape(db: Database) -> list[str]:
    """Every table's columns, keys and indexes, in words."""

    def told(connection: Connection) -> list[str]:
        looked = inspect(connection)
        return sorted(
            # PostgreSQL spells the condition of an index out more and more.
            re.sub(r" object at \w+|::[a-z ]+(\[\])?|[()]", "", f"{name} {what}: {one}")
            for name in looked.get_table_names()
            for what, found in (
                ("column", looked.get_columns(name)),
                ("index", looked.get_indexes(name)),
                ("unique", looked.get_unique_constraints(name)),
                ("refers", looked.get_foreign_keys(name)),
                ("key", [looked.get_pk_constraint(name)]),
            )
            for one in found
        )

    async with db.engine.connect() as connection:
        return await connection.run_sync(told)
