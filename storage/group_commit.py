"""Rows that many requests write at once, committed together.

A commit costs the same for one row and for 256, so rows in flight are gathered: while one
commit runs, the next batch is whatever arrives meanwhile. There is no timer; an idle server
commits a single row at once. Each caller waits until its own row is on disk.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from time import perf_counter
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import asyncpg
import structlog

import measures
from storage.db import Database
from storage.inserts import Insert, Value

BATCH = 256
QUEUE = 4096
"""How many rows may wait: some seconds of work, after which callers are turned away."""

CONNECT_S = 5.0
COMMIT_S = 10.0
"""How long PostgreSQL may take, in seconds, before a connection counts as broken: without a
limit one that fell silent would hold up the intake for a quarter of an hour."""

_AWAY = (
    OSError,  # also a timeout
    sqlite3.OperationalError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
)
"""How the drivers say that the database itself fails, and no row is to blame."""

_log = structlog.get_logger("group-commit")


class IntakeFullError(Exception):
    """More rows wait than the disk keeps up with; the caller should come back in a second."""


class _Waiting(NamedTuple):
    insert: Insert
    row: Value
    stored: asyncio.Future[bool]
    since: float


class _Backend(Protocol):
    async def commit(self, batch: Sequence[_Waiting]) -> list[bool]:
        """Store the rows in one transaction; True for each that was not there before."""

    async def close(self) -> None:
        """Let go of the connection."""


class GroupCommit:
    """The writer for rows that many requests write at once; `name` is its own in the metrics."""

    def __init__(self, db: Database, name: str = "inbox") -> None:
        self._db = db
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue(QUEUE)
        self._backend: _Backend = _Sqlite(db) if db.is_sqlite else _PostgreSQL(db)
        self._task: asyncio.Task[None] | None = None
        self._rows = measures.COMMIT_ROWS.labels(name)
        self._seconds = measures.COMMIT_S.labels(name)
        self._turned_away = measures.TURNED_AWAY.labels(name)

    def start(self) -> None:
        """Begin to write; needs the running event loop."""
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def insert(self, insert: Insert, row: Value) -> bool:
        """Store a row and wait until it is on disk; False if it was there already.

        Raises `IntakeFullError` when too many rows wait.
        """
        stored = asyncio.get_running_loop().create_future()
        waiting = _Waiting(insert, row, stored, perf_counter())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            self._turned_away.inc()
            raise IntakeFullError from None
        return await waiting.stored

    async def close(self) -> None:
        """Write what waits, then stop."""
        if self._task is not None:
            await self._queue.put(None)
            await self._task
            self._task = None
        await self._backend.close()

    async def _run(self) -> None:
        going_on = True
        while going_on:
            batch: list[_Waiting] = []
            following = await self._queue.get()
            while following is not None:
                batch.append(following)
                if len(batch) == BATCH or self._queue.empty():
                    break
                following = self._queue.get_nowait()
            going_on = following is not None
            if batch:
                await self._store(batch)

    async def _store(self, batch: list[_Waiting]) -> None:
        try:
            answers = await self._backend.commit(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must hear of it
            if len(batch) > 1 and not isinstance(error, _AWAY):
                # One row that the database refuses must not take the others with it.
                for waiting in batch:
                    await self._store([waiting])
                return
            for waiting in batch:
                if not waiting.stored.cancelled():
                    waiting.stored.set_exception(error)
            return
        self._rows.observe(len(batch))
        self._seconds.observe(perf_counter() - batch[0].since)
        for waiting, is_new in zip(batch, answers, strict=True):
            if not waiting.stored.cancelled():
                waiting.stored.set_result(is_new)
        self._db.tell({waiting.insert.topic for waiting in batch})


class _Sqlite:
    """A connection and a thread of its own; other writers of the process take turns with it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-commit")
        self._connection: sqlite3.Connection | None = None

    async def commit(self, batch: Sequence[_Waiting]) -> list[bool]:
        loop = asyncio.get_running_loop()
        async with self._db.writing:
            return await loop.run_in_executor(self._thread, self._commit, batch)

    def _commit(self, batch: Sequence[_Waiting]) -> list[bool]:
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


class _PostgreSQL:
    """A connection of its own, with one multi-row insert per table and batch."""

    def __init__(self, db: Database) -> None:
        self._options = db.driver_options()
        self._connection: asyncpg.Connection[Any] | None = None

    async def commit(self, batch: Sequence[_Waiting]) -> list[bool]:
        if self._connection is not None:
            try:
                return await self._commit(self._connection, batch)
            except Exception as error:  # noqa: BLE001 - asyncpg has many words for "it broke"
                # Maybe while it was idle: a new connection tells. Rows that got through all the
                # same are there already, and are not stored twice.
                _log.warning("connecting anew", error=repr(error))
                self._connection.terminate()
                self._connection = None
        self._connection = await asyncpg.connect(
            **self._options, timeout=CONNECT_S, command_timeout=COMMIT_S
        )
        return await self._commit(self._connection, batch)

    async def _commit(
        self, connection: "asyncpg.Connection[Any]", batch: Sequence[_Waiting]
    ) -> list[bool]:
        by_insert: dict[Insert, list[Value]] = {}
        for waiting in batch:
            by_insert.setdefault(waiting.insert, []).append(waiting.row)
        new: set[object] = set()
        async with connection.transaction():
            for insert, rows in by_insert.items():
                stored = await _insert(connection, insert, rows)
                new.update(row[0] for row in stored)
                if insert.otherwise and len(stored) < len(rows):
                    second = [insert.otherwise(row) for row in rows if row[0] not in new]
                    stored = [*stored, *await _insert(connection, insert, second)]
                for sums in insert.sums if stored else ():
                    added = sums.of(stored)
                    if added:
                        await connection.execute(sums.postgresql, *_columns(added))
        return [waiting.row[0] in new for waiting in batch]

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(TimeoutError):  # it is cut off then
                await self._connection.close(timeout=CONNECT_S)


async def _insert(
    connection: "asyncpg.Connection[Any]", insert: Insert, rows: Sequence[Value]
) -> Sequence[Value]:
    """Store rows; returns those that were not there before."""
    found = await connection.fetch(insert.postgresql, *_columns(insert.in_order(rows)))
    if len(found) == len(rows):
        return rows
    new = {one[0] for one in found}
    return [row for row in rows if row[0] in new]


def _columns(rows: Sequence[Value]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
