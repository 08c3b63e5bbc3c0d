"""What code makes of a database that another release has changed."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from storage import migrate, schema
from storage.db import Database
from storage.errors import DatabaseError
from storage.revisions import revisions
from storage.schema import Standing


@pytest.fixture
async def changed(db: Database) -> AsyncIterator[Database]:
    """A database whose shape is of another release; it is lent again as it was."""
    yield db
    await _say(db, revisions()[-1], "0037")


async def _say(db: Database, revision: str, oldest: str) -> None:
    async with db.engine.begin() as connection:
        await connection.execute(
            text("UPDATE alembic_version SET version_num = :now"), {"now": revision}
        )
        await connection.run_sync(schema.require, oldest)


async def test_a_newer_database_that_takes_this_code_is_worked_with(changed: Database) -> None:
    """Nothing is migrated, and nothing refused: a server of before may even be started anew."""
    await _say(changed, "9999", revisions()[-1])
    assert await schema.standing_of(changed) is Standing.AHEAD
    await migrate.upgrade(changed)
    await migrate.require_fit(changed)
    assert not await migrate.is_current(changed)


async def test_a_newer_database_that_needs_newer_code_is_left_alone(changed: Database) -> None:
    """In words, whoever asks: a server, or a command."""
    await _say(changed, "9999", "9998")
    assert await schema.standing_of(changed) is Standing.TOO_NEW
    for refused in (migrate.upgrade, migrate.require_fit):
        with pytest.raises(DatabaseError, match="changed by a newer release"):
            await refused(changed)


async def test_an_older_database_is_not_fit_until_it_is_migrated(changed: Database) -> None:
    """Who may not migrate says who has to."""
    await _say(changed, revisions()[-2], "0037")
    assert await schema.standing_of(changed) is Standing.BEHIND
    with pytest.raises(DatabaseError, match="Run `affiliate-desk migrate` first"):
        await migrate.require_fit(changed)


async def test_connections_tell_their_code(db: Database) -> None:
    """On PostgreSQL others see by which migrations a server goes; SQLite has no others."""
    async with db.engine.connect() as connection:
        if not db.is_sqlite:
            assert await connection.run_sync(schema.others) == {revisions()[-1]}
        assert await connection.run_sync(schema.revision_of) == revisions()[-1]
