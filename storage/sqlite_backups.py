"""Backups of a SQLite database: a file like itself, copied page by page while others write."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from storage.backups import MARK, Shape, Tick, no_backup
from storage.db import Database
from storage.errors import DatabaseError

SUFFIX: Final = ".db"
_PAGES: Final = 2_000
"""At a time, 8 MB: as often the progress is told."""


async def write(db: Database, to: Path, tick: Tick) -> None:
    """Copy the database, as it is at this moment, into a file that is there and empty.

    The copy is on disk and was checked when this returns. Raises `DatabaseError`.
    """
    await asyncio.to_thread(_write, _file(db), to, tick)


async def read(db: Database, path: Path, tick: Tick) -> None:
    """Put a backup into the place of the database, all of it or nothing. Raises `DatabaseError`."""
    await asyncio.to_thread(_read, _file(db), path, tick)


async def shape(_db: Database, path: Path) -> Shape:
    """Look through a backup and say what it is. Raises `DatabaseError` if it is not whole."""
    return await asyncio.to_thread(_shape, path)


def _file(db: Database) -> Path:
    return Path(db.url.database or "")


def _write(source: Path, to: Path, tick: Tick) -> None:
    try:
        with (
            closing(_to_read(source)) as there,
            closing(sqlite3.connect(to, isolation_level=None)) as here,
        ):
            # Whoever reads keeps seeing the same moment, so the copy is of one and never begins
            # anew because somebody wrote.
            there.execute("BEGIN")
            there.execute("SELECT count(*) FROM sqlite_master").fetchone()
            there.backup(here, pages=_PAGES, progress=_told(tick))
            # A file by itself, without the journal that the original keeps beside it.
            here.execute("PRAGMA journal_mode=DELETE")
            problem = _problem(here)
        _sync(to)
    except sqlite3.Error as error:
        raise DatabaseError(f"{source} cannot be copied to {to}: {error}.") from error
    if problem:
        raise DatabaseError(
            f"The copy of {source} is not sound: {problem}. So the database itself may be damaged: "
            "look at the disk, and keep the backups that there are."
        )


def _read(target: Path, path: Path, tick: Tick) -> None:
    try:
        with (
            closing(_to_read(path)) as there,
            closing(sqlite3.connect(target, isolation_level=None)) as here,
        ):
            here.execute("PRAGMA synchronous=FULL")
            # One transaction: if it breaks off, the file is what it was.
            there.backup(here, pages=_PAGES, progress=_told(tick))
            here.execute("PRAGMA journal_mode=WAL")
            here.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} cannot be restored: {error}.") from error


def _shape(path: Path) -> Shape:
    try:
        with closing(_to_read(path)) as backup:
            if problem := _problem(backup):
                raise no_backup(path, problem)
            names = {name for (name,) in backup.execute("SELECT name FROM sqlite_master")}
            if not {MARK, "alembic_version"} <= names:
                raise no_backup(path, "it holds no affiliate program")
            (revision,) = backup.execute("SELECT version_num FROM alembic_version").fetchone()
            oldest = None
            if "oldest_code" in names:
                oldest = backup.execute("SELECT max(revision) FROM oldest_code").fetchone()[0]
    except sqlite3.Error as error:
        raise no_backup(path, error) from error
    return Shape(revision, oldest)


def _to_read(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, isolation_level=None)


def _problem(connection: sqlite3.Connection) -> str:
    """What is wrong with a database, in SQLite's words; empty if it is sound."""
    found: str = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    return "" if found == "ok" else found.partition("\n")[0]


def _told(tick: Tick) -> Callable[[int, int, int], None]:
    return lambda _status, left, total: tick(total - left, total)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
