"""Notices reach every server of a database, with the commit and never without it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from storage.db import Database
from storage.notices import Notices, announce_everywhere
from tests.postgres import PostgresServer


async def announce(db: Database, topic: str) -> None:
    """Announce a topic in a transaction of its own."""
    async with db.transaction() as session:
        await announce_everywhere(session, topic)


async def heard(event: asyncio.Event) -> None:
    """Wait until the listener was called, and be ready for the next time."""
    async with asyncio.timeout(10):
        await event.wait()
    event.clear()


@pytest.fixture
async def other(postgresql_url: str) -> AsyncIterator[Database]:
    """Another server's view of the database on PostgreSQL, listening."""
    database = Database(postgresql_url)
    notices = Notices(database)
    notices.start()
    await heard_from(notices)
    yield database
    await notices.stop()
    await database.close()


async def heard_from(notices: Notices) -> None:
    """Wait until the other servers can be heard."""
    async with asyncio.timeout(10):
        await notices.hearing.wait()


async def test_a_commit_is_heard_in_its_own_server(db: Database) -> None:
    """Of each topic only by those who listen to it, and only while they do."""
    told: list[str] = []
    with db.listening(lambda: told.append("one"), "one", "both"):
        await announce(db, "one")
        await announce(db, "both")
        await announce(db, "two")
        assert told == ["one", "one"]
    await announce(db, "one")
    assert told == ["one", "one"]
    assert db.topics() == []


async def test_what_is_undone_is_told_nobody(postgresql_url: str, other: Database) -> None:
    """Neither here nor elsewhere; a later commit is."""
    db, told = Database(postgresql_url), asyncio.Event()

    async def fail() -> None:
        async with db.transaction() as session:
            await announce_everywhere(session, "undone")
            raise RuntimeError

    with db.listening(told.set, "undone"), other.listening(told.set, "undone"):
        with pytest.raises(RuntimeError):
            await fail()
        last = asyncio.Event()
        with other.listening(last.set, "last"):
            await announce(db, "last")
            await heard(last)
        assert not told.is_set()
    await db.close()


async def test_another_server_hears_of_a_commit(postgresql_url: str, other: Database) -> None:
    """As soon as it is one."""
    db, told = Database(postgresql_url), asyncio.Event()
    with other.listening(told.set, "news"):
        async with db.transaction() as session:
            await announce_everywhere(session, "news")
            await asyncio.sleep(0.1)
            assert not told.is_set()
        await heard(told)
    await db.close()


async def test_after_a_gap_everybody_looks(
    postgres: PostgresServer, postgresql_url: str, other: Database
) -> None:
    """The connection breaks, comes back by itself, and what was missed meanwhile is made up."""
    told = asyncio.Event()
    with other.listening(told.set, "news"):
        postgres.hang_up(postgresql_url)
        await heard(told)  # nobody announced it: the new connection had everybody look
        db = Database(postgresql_url)
        await announce(db, "news")
        await heard(told)
        await db.close()
