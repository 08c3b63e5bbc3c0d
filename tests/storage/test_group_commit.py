import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import func, select

from storage import group_commit, inbox, migrate, postgresql_inserts
from storage.cards import Card
from storage.db import Database
from storage.group_commit import GroupCommit, IntakeAwayError, IntakeFullError
from storage.ids import new_id
from tests.postgres import PostgresServer


@pytest.fixture
async def writer(db: Database) -> AsyncIterator[GroupCommit]:
    """A running writer."""
    made = GroupCommit(db)
    made.start()
    yield made
    await made.close()


def arrival(external_id: str, **changes: Any) -> inbox.Arrival:
    """A made-up event."""
    fields: dict[str, Any] = {
        "source": "tally",
        "external_id": external_id,
        "kind": "FORM_RESPONSE",
        "payload": b"{}",
        "request_id": "r",
    }
    return inbox.Arrival(**(fields | changes))


async def count(db: Database) -> int:
    """How many events are stored."""
    async with db.read() as session:
        return (await session.exec(select(func.count()).select_from(inbox.InboxEvent))).one()


async def test_rows_of_many_requests_are_stored_and_repeats_are_told_apart(
    db: Database, writer: GroupCommit
) -> None:
    """Each id is new exactly once, also among requests that arrive in the same instant."""
    ids = [f"event-{n % 200}" for n in range(600)]
    answers = await asyncio.gather(
        *(writer.insert(inbox.INSERT, arrival(event).row()) for event in ids)
    )
    assert sum(answers) == 200
    assert await count(db) == 200


async def test_a_stored_row_reads_back_as_it_went_in(db: Database, writer: GroupCommit) -> None:
    """Ids, moments and bytes mean the same to this writer and to the sessions."""
    came = arrival("1", payload=b'\x00{"name":"\xf0\x9f\x8e\x89"}').row()
    await writer.insert(inbox.INSERT, came)
    async with db.read() as session:
        event = (await session.exec(select(inbox.InboxEvent))).one()
    kept = {name: getattr(event, name) for name in inbox.INSERT.columns}
    assert kept == dict(zip(inbox.INSERT.columns, came, strict=True))


async def test_a_row_that_the_database_refuses_takes_no_other_with_it(
    db: Database, writer: GroupCommit
) -> None:
    """Its own caller hears of it; the others of the same batch are stored."""
    refused = list(arrival("bad").row())
    refused[2] = None
    outcomes = await asyncio.gather(
        writer.insert(inbox.INSERT, arrival("1").row()),
        writer.insert(inbox.INSERT, tuple(refused)),
        writer.insert(inbox.INSERT, arrival("2").row()),
        return_exceptions=True,
    )
    assert outcomes[0] is True
    assert isinstance(outcomes[1], Exception)
    assert not isinstance(outcomes[1], SQLAlchemyError)
    assert outcomes[2] is True
    assert await count(db) == 2


async def test_too_many_waiting_rows_turn_callers_away(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full queue answers at once instead of growing without end."""
    monkeypatch.setattr(group_commit, "QUEUE", 2)
    writer = GroupCommit(db)  # not started: nothing drains the queue
    waiting = [
        asyncio.create_task(writer.insert(inbox.INSERT, arrival(f"{n}").row())) for n in "12"
    ]
    await asyncio.sleep(0)
    with pytest.raises(IntakeFullError):
        await writer.insert(inbox.INSERT, arrival("3").row())
    writer.start()
    assert await asyncio.gather(*waiting) == [True, True]
    await writer.close()


async def test_closing_writes_what_waits(db: Database) -> None:
    """Whoever was let in before the stop is stored."""
    writer = GroupCommit(db)
    waiting = [
        asyncio.create_task(writer.insert(inbox.INSERT, arrival(f"{n}").row())) for n in range(50)
    ]
    await asyncio.sleep(0)
    writer.start()
    await writer.close()
    assert await asyncio.gather(*waiting) == [True] * 50
    assert await count(db) == 50


async def test_sessions_get_their_turn_while_events_pour_in(
    db: Database, writer: GroupCommit
) -> None:
    """A flood of webhooks does not lock operators out."""
    flood = asyncio.gather(
        *(writer.insert(inbox.INSERT, arrival(f"{n}").row()) for n in range(2000))
    )
    for n in range(5):
        async with db.transaction() as session:
            session.add(Card(kind="k", subject=new_id(), channel="C", message=f"{n}"))
    assert sum(await flood) == 2000
    async with db.read() as session:
        assert len((await session.exec(select(Card))).all()) == 5


async def test_a_broken_connection_loses_no_event(
    postgres: PostgresServer, postgresql_url: str
) -> None:
    """The first event after PostgreSQL restarted is stored like any other, and so is a batch."""
    database = Database(f"{postgresql_url}&ssl=disable&prepared_statement_cache_size=0")
    await migrate.upgrade(database)
    writer = GroupCommit(database)
    writer.start()
    assert await writer.insert(inbox.INSERT, arrival("before").row())
    for batch in (["one"], ["two", "three"]):
        postgres.hang_up(postgresql_url)
        stored = [writer.insert(inbox.INSERT, arrival(event).row()) for event in batch]
        assert all(await asyncio.gather(*stored))
    assert await count(database) == 4
    await writer.close()
    await database.close()


async def test_while_the_database_is_away_everybody_hears_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody waits for the others' rows to fail one by one, so that vendors come back soon."""

    async def say_nothing(reader: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        await reader.read()
        answer.close()

    monkeypatch.setattr(postgresql_inserts, "CONNECT_S", 0.2)
    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    database = Database(f"postgresql+asyncpg://desk@127.0.0.1:{port}/desk")
    writer = GroupCommit(database)
    waiting = [
        asyncio.create_task(writer.insert(inbox.INSERT, arrival(f"{n}").row())) for n in range(50)
    ]
    await asyncio.sleep(0)
    writer.start()
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {IntakeAwayError}
    silent.close()
    await silent.wait_closed()
    await writer.close()
    await database.close()
