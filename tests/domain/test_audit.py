"""The audit log: who did what from where, and that nobody touched it since."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.audit import SYSTEM, Actor, first_broken_line, record
from storage import audit as lines
from storage.audit import AuditLine
from storage.db import Database
from tests.builders import RITA


@pytest.fixture
async def log(db: Database) -> Database:
    """A database with a log of five lines."""
    async with db.transaction() as session:
        for n in range(5):
            await record(session, RITA, "test.done", f"thing:{n}", n=n, text="🎰 <b>جاريد</b>")
    return db


async def broken(db: Database) -> int | None:
    """What the check of the chain says."""
    async with db.read() as session:
        return await first_broken_line(session)


async def everything(session: AsyncSession) -> list[AuditLine]:
    """The log, oldest line first."""
    return list((await session.exec(select(AuditLine).order_by(col(AuditLine.number)))).all())


async def test_a_line_says_who_did_what_from_where(db: Database) -> None:
    """Names stand beside ids, since names change; the moment is our clock's."""
    moment = clock.now() + timedelta(days=3)
    with clock.travel(moment):
        async with db.transaction() as session:
            await record(session, RITA, "application.approved", "application:1", code="JARED30")
            await record(session, Actor("U2", "", "slack"), "x.done", "application:1")
    async with db.read() as session:
        named, nameless = await lines.of_subject(session, "application:1")
        assert await lines.of_subject(session, "application:2") == []
    assert (named.actor, named.origin) == ("U-RITA (@rita)", "slack")
    assert (named.action, named.detail, named.at) == (
        "application.approved",
        {"code": "JARED30"},
        moment,
    )
    assert nameless.actor == "U2"


async def test_an_untouched_log_holds(log: Database) -> None:
    """Also an empty one, and one that was read back in another time zone's database."""
    assert await broken(log) is None


async def test_an_empty_log_holds(db: Database) -> None:
    """Before anything was done, nothing was touched."""
    assert await broken(db) is None


async def test_a_line_is_written_with_its_act_or_not_at_all(db: Database) -> None:
    """What was undone was not done."""
    with pytest.raises(KeyError):
        await _record_and_fail(db)
    async with db.read() as session:
        assert await everything(session) == []


async def _record_and_fail(db: Database) -> None:
    async with db.transaction() as session:
        await record(session, SYSTEM, "test.done", "thing")
        raise KeyError


@pytest.mark.parametrize("number", [1, 3, 5])
@pytest.mark.parametrize(
    "change",
    [
        {"actor": "somebody else"},
        {"origin": "cli"},
        {"action": "test.undone"},
        {"subject": "thing:9"},
        {"detail": {"n": 99}},
        {"at": clock.now() - timedelta(days=1)},
        {"seal": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_an_edit_is_found(log: Database, number: int, change: dict[str, object]) -> None:
    """Whatever part of whichever line was changed, the check names that line."""
    async with log.transaction() as session:
        await session.exec(update(AuditLine).where(col(AuditLine.number) == number).values(change))
    assert await broken(log) == number


@pytest.mark.parametrize("number", [1, 2, 4])
async def test_a_removed_line_is_found(log: Database, number: int) -> None:
    """At its place the chain breaks."""
    async with log.transaction() as session:
        await session.exec(delete(AuditLine).where(col(AuditLine.number) == number))
    assert await broken(log) == number


async def test_a_removed_line_is_found_though_the_rest_moved_up(log: Database) -> None:
    """Numbering the lines anew hides nothing."""
    async with log.transaction() as session:
        await session.exec(delete(AuditLine).where(col(AuditLine.number) == 3))
        for number in (4, 5):
            renumber = update(AuditLine).where(col(AuditLine.number) == number)
            await session.exec(renumber.values(number=number - 1))
    assert await broken(log) == 3


async def test_a_line_slipped_in_is_found(log: Database) -> None:
    """Even one with a seal that fits the line before it."""
    async with log.transaction() as session:
        rows = await everything(session)
        for row in reversed(rows[3:]):
            renumber = update(AuditLine).where(col(AuditLine.number) == row.number)
            await session.exec(renumber.values(number=row.number + 1))
    async with log.transaction() as session:
        before = await session.get_one(AuditLine, 3)
        forged = AuditLine(
            number=4, at=clock.now(), actor="x", origin="x", action="x", subject="x", seal=""
        )
        forged.seal = lines.seal(forged, before.seal)
        session.add(forged)
    assert await broken(log) == 5


async def test_lines_written_at_once_make_one_chain(db: Database) -> None:
    """Forty acts of forty transactions stand in one row, without gap or fork."""

    async def act(n: int) -> None:
        async with db.transaction() as session:
            await record(session, RITA, "test.done", f"thing:{n % 3}", n=n)

    await asyncio.gather(*(act(n) for n in range(40)))
    async with db.read() as session:
        written = await everything(session)
    assert [line.number for line in written] == list(range(1, 41))
    assert {line.detail["n"] for line in written} == set(range(40))
    assert await broken(db) is None
