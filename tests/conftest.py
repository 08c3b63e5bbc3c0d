"""Fixtures that every test may ask for."""

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, settings

import clock
from storage.db import Database
from tests.compiled import share_compiled
from tests.postgres import PostgresServer, shape

# How long an input takes is the machine's affair: nothing here is a test of time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
share_compiled()

_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in there
_ENOUGH = 512 * 1024**2


def pytest_configure() -> None:
    """Keep the tests' files in memory, where there is some for files.

    No test takes the power away, and to wait for a disk at each commit was half of all the time.
    """
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_xdist_auto_num_workers() -> int:
    """One process a core, and one for when the others wait for a server or a browser."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Let the garbage collector pass by all that stays: looking through it takes a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2000, 20, 40)


@pytest.fixture(autouse=True)
def _present() -> None:
    """Each test begins in the present: travels that overlap would leave the next ones elsewhere."""
    clock.run_ahead(timedelta(0))


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


@pytest.fixture(scope="session")
def shaped_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database without a row; tests get copies."""
    file = tmp_path_factory.mktemp("shaped") / "desk.db"
    asyncio.run(shape(f"sqlite+aiosqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(shaped_file: Path, tmp_path: Path) -> str:
    """A migrated database on SQLite."""
    file = shutil.copy(shaped_file, tmp_path / "desk.db")
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
def migrated_postgresql_url(postgres: PostgresServer) -> Iterator[str]:
    """A migrated database on PostgreSQL."""
    with postgres.database(migrated=True) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of each kind; tests that ask for it run on both."""
    fixture = "sqlite_url" if request.param == "sqlite" else "migrated_postgresql_url"
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database, SQLite and PostgreSQL in turn."""
    database = Database(migrated_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    """A migrated SQLite database, for tests that mean the same on PostgreSQL."""
    database = Database(sqlite_url)
    yield database
    await database.close()
