"""A program moves from one database to another, and is the same there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from storage.db import Database
from tests.builders import join
from tests.moving_builders import exported, fill, imported


@pytest.fixture
async def postgresql(migrated_postgresql_url: str) -> AsyncIterator[Database]:
    """An empty database on PostgreSQL, beside the one on SQLite."""
    database = Database(migrated_postgresql_url)
    yield database
    await database.close()


@pytest.fixture
async def other_sqlite(shaped_file: Any, tmp_path: Any) -> AsyncIterator[Database]:
    """A second empty database on SQLite."""
    (tmp_path / "other.db").write_bytes(shaped_file.read_bytes())
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/other.db")
    yield database
    await database.close()


async def test_every_sort_of_row_comes_through_byte_by_byte(
    sqlite: Database, postgresql: Database, other_sqlite: Database
) -> None:
    """SQLite to PostgreSQL and back: what is written is the same each time."""
    await join(sqlite, email="zoe@example.com")
    await fill(sqlite)
    first = await exported(sqlite)
    manifest = await imported(postgresql, first)
    assert all(manifest.tables[name].rows for name in manifest.tables)
    second = await exported(postgresql)
    assert {name for name in first if first[name] != second[name]} == set()
    await imported(other_sqlite, second)
    assert await exported(other_sqlite) == second == first
