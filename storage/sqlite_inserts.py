"""Batches of rows on SQLite, each one transaction."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from storage.db import Database
from storage.inserts import Insert, Value, Waiting


class SqliteInserts:
    """A connection and a thread of its own; other writers of the process take turns with it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-commit")
        self._connection: sqlite3.Connection | None = None

    async def commit(self, batch: Sequence[Waiting]) -> list[bool]:
        """See `Backend`."""
        loop = asyncio.get_running_loop()
        async with self._db.writing:
            return await loop.run_in_executor(self._thread, self._commit, batch)

    def _commit(self, batch: Sequence[Waiting]) -> list[bool]:
        if self._connection is None:
            self._connection = _connect(self._db.url.database or "")
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            answers = [_store(connection, waiting.insert.sqlite, waiting.row) for waiting in batch]
            stored: dict[Insert, list[Value]] = {}
            for waiting, is_new in zip(batch, answers, strict=True):
                insert, row = waiting.insert, waiting.row
                if is_new:
                    if insert.sums:
                        stored.setdefault(insert, []).append(row)
                elif insert.otherwise:
                    second = insert.otherwise(row)
                    if _store(connection, insert.sqlite, second) and insert.sums:
                        stored.setdefault(insert, []).append(second)
            for insert, rows in stored.items():
                for sums in insert.sums:
                    connection.executemany(sums.sqlite, map(_for_sqlite, sums.of(rows)))
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.OperationalError):  # some errors end it themselves
                connection.execute("ROLLBACK")
            raise
        return answers

    async def close(self) -> None:
        """See `Backend`."""
        if self._connection is not None:
            self._thread.submit(self._connection.close)
        self._thread.shutdown()


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _store(connection: sqlite3.Connection, statement: str, row: Value) -> bool:
    return connection.execute(statement, _for_sqlite(row)).rowcount == 1


_AS_IT_IS = frozenset({str, bytes, int, bool, type(None)})


def _for_sqlite(row: Value) -> list[Any]:
    """The forms in which SQLAlchemy keeps ids, moments and days on SQLite."""
    return [value if type(value) in _AS_IT_IS else _as_kept(value) for value in row]


def _as_kept(value: object) -> object:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value
