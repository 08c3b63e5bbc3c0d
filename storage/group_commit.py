"""Rows that many requests write at once, committed together.

A commit costs the same for one row and for 256, so rows in flight are gathered: while one
commit runs, the next batch is whatever arrives meanwhile. There is no timer; an idle server
commits a single row at once. Each caller waits until its own row is on disk.
"""

import asyncio
from time import perf_counter

import structlog

import measures
from storage.db import Database
from storage.errors import is_away
from storage.inserts import Backend, Insert, Value, Waiting
from storage.sqlite_inserts import SqliteInserts

BATCH = 256
QUEUE = 4096
"""How many rows may wait: some seconds of work, after which callers are turned away."""

_log = structlog.get_logger("group-commit")


class NotTakenError(Exception):
    """A row was not stored; the caller should come back with it in a moment."""


class IntakeFullError(NotTakenError):
    """More rows wait than the disk keeps up with."""


class IntakeAwayError(NotTakenError):
    """The database does not answer, or its disk is full. The row may be stored all the same."""


class GroupCommit:
    """The writer for rows that many requests write at once; `name` is its own in the metrics."""

    def __init__(self, db: Database, name: str = "inbox") -> None:
        self._db = db
        self._queue: asyncio.Queue[Waiting | None] = asyncio.Queue(QUEUE)
        self._backend = _backend(db)
        self._task: asyncio.Task[None] | None = None
        self._rows = measures.COMMIT_ROWS.labels(name)
        self._seconds = measures.COMMIT_S.labels(name)
        self._turned_away = measures.TURNED_AWAY.labels(name)

    def start(self) -> None:
        """Begin to write; needs the running event loop."""
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def insert(self, insert: Insert, row: Value) -> bool:
        """Store a row and wait until it is on disk; False if it was there already.

        Raises `IntakeFullError` when too many rows wait, and `IntakeAwayError` while the database
        takes none.
        """
        stored = asyncio.get_running_loop().create_future()
        waiting = Waiting(insert, row, stored, perf_counter())
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
            batch: list[Waiting] = []
            following = await self._queue.get()
            while following is not None:
                batch.append(following)
                if len(batch) == BATCH or self._queue.empty():
                    break
                following = self._queue.get_nowait()
            going_on = following is not None
            if batch:
                await self._store(batch)

    async def _store(self, batch: list[Waiting]) -> None:
        try:
            answers = await self._backend.commit(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, each caller must hear of it
            away = is_away(error)
            if len(batch) > 1 and not away:
                # One row that the database refuses must not take the others with it.
                for waiting in batch:
                    await self._store([waiting])
                return
            if away:
                self._turned_away.inc(len(batch))
                _log.warning("rows were not stored", rows=len(batch), error=repr(error))
            for waiting in batch:
                if not waiting.stored.cancelled():
                    problem = IntakeAwayError(repr(error)) if away else error
                    waiting.stored.set_exception(problem)
            return
        self._rows.observe(len(batch))
        self._seconds.observe(perf_counter() - batch[0].since)
        for waiting, is_new in zip(batch, answers, strict=True):
            if not waiting.stored.cancelled():
                waiting.stored.set_result(is_new)
        self._db.tell({waiting.insert.topic for waiting in batch})


def _backend(db: Database) -> Backend:
    if db.is_sqlite:
        return SqliteInserts(db)
    # With it comes a driver that SQLite has no use for.
    from storage.postgresql_inserts import PostgresqlInserts  # noqa: PLC0415

    return PostgresqlInserts(db)
