"""What backups of both kinds of database share: what shape they are of, and what is in the way.

A backup is a copy of the database as it was at one moment, in that database's own format; see
`storage/sqlite_backups.py` and `storage/postgresql_backups.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, exists, inspect, select

from storage.carried import tables
from storage.db import Database
from storage.errors import DatabaseError
from storage.revisions import revisions

Tick = Callable[[int, int], None]
"""Told how much is done, and of how much."""

MARK: Final = "affiliates"
"""A table that every release has had."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a backup says of itself: its last migration, and the oldest code that takes it."""

    revision: str
    oldest_code: str | None

    def require_known(self, path: Path) -> None:
        """Raise `DatabaseError` where this release could not work with what is in it."""
        if self.revision not in revisions() and self.oldest_code not in revisions():
            raise DatabaseError(
                f"{path} is of a newer release: it has seen migration {self.revision}, and this "
                f"release knows them up to {revisions()[-1]}. Nothing was restored. Use the "
                "release that it was made with, or a newer one."
            )


def no_backup(path: Path, reason: object) -> DatabaseError:
    """What is said of a file that cannot be restored."""
    return DatabaseError(f"{path} is no whole backup: {reason}. Nothing was restored.")


async def occupied(db: Database) -> str | None:
    """A table that has rows of a program, if one does; none where there is no table yet."""
    async with db.engine.connect() as connection:
        return await connection.run_sync(_occupied)


def _occupied(connection: Connection) -> str | None:
    there = set(inspect(connection).get_table_names())
    for table in tables():
        if table.name in there and connection.scalar(select(exists().select_from(table))):
            return table.name
    return None
