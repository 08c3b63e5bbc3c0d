"""The leaderboard of a large program: quick, and from indexes alone."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import leaderboard as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ids import new_id
from storage.leaderboard import EVER, MonthRollup, Ranking

AFFILIATES = 10_000
MONTHS = [f"2026-{month:02d}" for month in range(6, 11)]
HIDDEN = ("pending", "paused", "rejected", "terminated")
RANKINGS = (
    rows.by_referrals("2026-10"),
    rows.by_earnings("2026-10", "usd"),
    rows.by_rate("2026-10", 50),
    rows.by_referrals(EVER),
)


@pytest.fixture
async def large(db: Database) -> Database:
    """Ten thousand affiliates, one in twenty of them paused, with sums of five months and ever."""
    people: list[dict[str, Any]] = [
        Affiliate(
            reference=f"aff_{n}",
            status="paused" if n % 20 == 7 else "approved",
            email=f"{n}@example.com",
            email_key=f"{n}@example.com",
            promo_code=f"AFF{n}",
        ).model_dump()
        for n in range(AFFILIATES)
    ]
    number = "(CAST(substr(promo_code, 4) AS BIGINT) * 7919)"
    async with db.transaction() as session:
        connection = await session.connection()
        await connection.execute(insert(Affiliate), people)
        for period in (*MONTHS, EVER):
            await connection.exec_driver_sql(
                "INSERT INTO affiliate_month_rollups"  # noqa: S608 - made up here
                f" SELECT id, '{period}', {number} % 500, {number} % 100 FROM affiliates"
            )
        await connection.exec_driver_sql(
            "INSERT INTO affiliate_month_earnings SELECT affiliate_user_id, period, 'usd',"
            " referrals * 557 - 500 FROM affiliate_month_rollups"
        )
    async with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("ANALYZE"))
    return db


@contextmanager
def _heard(connection: AsyncConnection) -> Iterator[list[tuple[str, Any]]]:
    """The statements that the database is given meanwhile."""
    said: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            said.append((statement, parameters))

    event.listen(connection.sync_connection, "before_cursor_execute", hear)
    yield said
    event.remove(connection.sync_connection, "before_cursor_execute", hear)


async def test_it_is_quick_and_reads_no_table_from_end_to_end(large: Database) -> None:
    """The first ten and anybody's position, of each ranking, in a moment."""
    for ranking in RANKINGS:
        await _look(large, ranking)


async def _look(large: Database, ranking: Ranking) -> None:
    async with large.read() as session:
        connection = await session.connection()
        with _heard(connection) as said:
            start = time.perf_counter()
            first = await rows.top(session, ranking, HIDDEN, 10)
            ranked, value, behind = await rows.standing(session, ranking, HIDDEN, first[-1][0])
            assert await rows.standing(session, ranking, HIDDEN, new_id()) == (ranked, 0, ranked)
            took = time.perf_counter() - start
        assert len(first) == 10
        assert value == first[-1][1]
        assert behind < 10 < ranked
        assert took < 0.5
        explain = "EXPLAIN QUERY PLAN " if large.is_sqlite else "EXPLAIN "
        assert len(said) == 3
        for statement, parameters in said:
            found = await connection.exec_driver_sql(explain + statement, parameters)
            plan = "\n".join(" ".join(map(str, row)) for row in found)
            for table in ("affiliate_month_rollups", "affiliate_month_earnings"):
                assert f"Seq Scan on {table}" not in plan
                assert f"SCAN {table}" not in plan
            assert re.search("ix_affiliate_month_|_pkey|autoindex", plan), plan


@pytest.mark.parametrize(
    ("clicks", "referrals", "rate"), [(3, 1, 3333), (3, 2, 6667), (8, 1, 1250), (2, 5, 10_000)]
)
async def test_a_rate_is_rounded_as_rates_are(
    db: Database, clicks: int, referrals: int, rate: int
) -> None:
    """To the nearest basis point, and never above the whole."""
    owner = new_id()
    async with db.transaction() as session:
        session.add(
            MonthRollup(affiliate_user_id=owner, period=EVER, clicks=clicks, referrals=referrals)
        )
    async with db.read() as session:
        for least, value in ((1, rate), (clicks + 1, 0)):
            ranking = rows.by_rate(EVER, least)
            assert (await rows.standing(session, ranking, (), owner))[1] == value
