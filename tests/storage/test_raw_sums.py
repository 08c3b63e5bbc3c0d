"""Sums of clicks whose rows are gone."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, delete, func, select, update

import clock
from domain import program
from domain.clicks import Touch, row, visitor_key
from domain.errors import InvalidError
from outbox.services import Services
from scheduled import archive, retention
from settings import Settings
from storage import raw_sums
from storage import retention as rows
from storage.clicks import INSERT, Click
from storage.db import Database
from storage.group_commit import GroupCommit
from storage.leaderboard import MonthRollup
from storage.rollups import Rollup
from tests.builders import RITA, facts, join, settle

KEY = visitor_key("secret")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def _click(db: Database, *moments: datetime) -> None:
    affiliate = await join(db)
    commit = GroupCommit(db)
    commit.start()
    for number, at in enumerate(moments):
        touch = Touch(affiliate.id, "JARED30", "redirect", f"203.0.{number}.7", "Firefox", at)
        await commit.insert(INSERT, row(KEY, touch))
    await commit.close()


async def _sums(db: Database) -> list[tuple[object, ...]]:
    async with db.read() as session:
        rows = [*(await session.exec(select(Rollup))), *(await session.exec(select(MonthRollup)))]
        return sorted((tuple(row.model_dump().values()) for row in rows), key=str)


async def _rows(db: Database) -> int:
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(Click))).one()


async def _wrong(db: Database) -> int:
    async with db.read() as session:
        return await raw_sums.differences(session)


def _services(db: Database) -> Services:
    return Services(db, Settings(_env_file=None), None, None, None, None)


async def test_clicks_go_after_their_days_and_their_sums_stay(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches; neither a check nor a rebuild takes the history away, and both still mend."""
    monkeypatch.setattr(archive, "AT_ONCE", 2)
    old = [NOW - timedelta(days=days) for days in (500, 450, 401, 400)]
    await _click(db, *old, NOW - timedelta(days=399), NOW)
    await settle(db, facts(paid_at=NOW - timedelta(days=500)))
    before = await _sums(db)
    assert await _wrong(db) == 0
    monkeypatch.setattr(clock, "now", lambda: NOW)
    await retention.forget(_services(db))
    assert await _rows(db) == 3
    assert await _sums(db) == before
    assert await _wrong(db) == 0

    async with db.transaction() as session:
        await raw_sums.rebuild(session)
    assert await _sums(db) == before
    assert await _wrong(db) == 0

    async with db.transaction() as session:
        await session.exec(update(Rollup).values(signups=Rollup.signups + 1))
        gone = NOW - timedelta(days=399)
        await session.exec(delete(Rollup).where(col(Rollup.day) == gone.date()))
        await session.exec(delete(MonthRollup))
    assert await _wrong(db) > 0
    async with db.transaction() as session:
        await raw_sums.rebuild(session)
    assert await _sums(db) == before
    assert await _wrong(db) == 0


async def test_clicks_that_are_broken_off_in_the_middle_are_no_difference(db: Database) -> None:
    """What is marked does not count any more, whether its rows are gone yet or not."""
    await _click(db, NOW - timedelta(days=500), NOW - timedelta(days=500, hours=1), NOW)
    async with db.transaction() as session:
        await rows.mark(session, rows.CLICKS, NOW - timedelta(days=400))
        assert await rows.clicks(session, NOW - timedelta(days=400), 1) == 1
    assert await _rows(db) == 2
    assert await _wrong(db) == 0


async def test_clicks_are_kept_for_as_long_as_they_can_bring_a_sale(db: Database) -> None:
    """Neither a shorter time nor a longer window is taken; both at once are."""
    for changes in ({"click_retention_days": 59}, {"click_window_days": 401}):
        async with db.transaction() as session:
            with pytest.raises(InvalidError, match="keep them as long"):
                await program.update(session, changes, RITA)
    both = {"click_window_days": 401, "click_retention_days": 401}
    async with db.transaction() as session:
        assert (await program.update(session, both, RITA)).click_retention_days == 401
