import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from storage import migrate
from storage.cards import Card
from storage.db import Database, announce
from storage.ids import new_id
from storage.program import ProgramRow, get
from tests.postgres import PostgresServer


async def test_concurrent_changes_of_one_row_are_all_kept(db: Database) -> None:
    """A hundred read-modify-writes at once count to a hundred."""
    async with db.transaction() as session:
        session.add(ProgramRow(changed={"n": 0}))

    async def add_one() -> None:
        async with db.transaction() as session:
            row = await get(session, lock=True)
            assert row is not None
            await asyncio.sleep(0)
            row.changed = {"n": row.changed["n"] + 1}
            session.add(row)

    await asyncio.gather(*(add_one() for _ in range(100)))
    async with db.read() as session:
        row = await get(session)
    assert row is not None
    assert row.changed == {"n": 100}


async def test_an_error_undoes_the_whole_transaction_and_tells_nobody(db: Database) -> None:
    """Listeners hear of commits only."""
    told: list[str] = []
    db.listen("cards", lambda: told.append("cards"))

    async def fail() -> None:
        async with db.transaction() as session:
            session.add(Card(kind="k", subject=new_id(), channel="C", message="1"))
            announce(session, "cards")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with db.read() as session:
        assert (await session.exec(select(Card))).all() == []
    assert told == []

    async with db.transaction() as session:
        announce(session, "cards")
    assert told == ["cards"]


async def test_a_new_file_that_another_process_writes_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses to switch such a file to WAL, and does not wait for its writer."""
    file = tmp_path / "desk.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    database = Database(f"sqlite+aiosqlite:///{file}")
    opening = asyncio.create_task(database.require_answer())
    await asyncio.sleep(0.2)
    assert not opening.done()
    other.execute("COMMIT")
    await opening
    async with database.read() as session:
        connection = await session.connection()
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
    other.close()
    await database.close()


async def test_connections_that_broke_while_idle_are_replaced(
    postgres: PostgresServer, postgresql_url: str
) -> None:
    """The first transaction after PostgreSQL restarted works like any other."""
    database = Database(postgresql_url)
    await migrate.upgrade(database)
    postgres.hang_up(postgresql_url)
    async with database.transaction() as session:
        session.add(Card(kind="k", subject=new_id(), channel="C", message="1"))
    postgres.hang_up(postgresql_url)
    async with database.read() as session:
        assert len((await session.exec(select(Card))).all()) == 1
    await database.close()


async def test_an_error_does_not_tell_what_was_to_be_written(db: Database) -> None:
    """An error's text reaches logs and operators; the row it is about may be private."""
    subject = new_id()

    async def add() -> None:
        async with db.transaction() as session:
            session.add(Card(kind="k", subject=subject, channel="C", message="private"))

    await add()
    with pytest.raises(DBAPIError) as caught:
        await add()
    assert "private" not in str(caught.value)


async def test_a_read_session_can_not_write(db: Database) -> None:
    """`read()` refuses a write instead of losing it quietly."""

    async def write() -> None:
        async with db.read() as session:
            session.add(Card(kind="k", subject=new_id(), channel="C", message="1"))
            await session.flush()

    with pytest.raises(DBAPIError, match=r"read-?only"):
        await write()
