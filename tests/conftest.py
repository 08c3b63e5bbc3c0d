"""Fixtures that every test may ask for."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from storage import migrate
from storage.db import Database
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres() -> PostgresServer:
    """A real PostgreSQL server of this test process's own."""
    # Not below pytest's folder: the next run takes the server's user the right to enter there.
    return PostgresServer(Path(mkdtemp(prefix="affiliate-desk-postgres-")))


@pytest.fixture
def postgresql_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty database on PostgreSQL."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind; tests that ask for it run on both."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/desk.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A migrated database, SQLite and PostgreSQL in turn."""
    database = Database(database_url)
    await migrate.upgrade(database)
    yield database
    await database.close()
