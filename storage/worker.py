"""The loop that works rows off: claims what is due, runs it, and decides what follows an error.

It is woken at once by a commit in this process, and looks by itself every second for what
other processes left. Each row runs alone: one that fails waits longer and longer (with
jitter, so that a recovered vendor is not stormed) and is parked when a person must look.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Generic

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
import logs
import measures
from storage import work
from storage.db import Database
from storage.work import AlreadyHandledError, Row, Work

LONGEST_WAIT = 3600.0
"""Seconds between two attempts, at most."""
ATTEMPTS = 20
"""After this many, some six hours, a row is parked."""
_ENDLESS = 2 * ATTEMPTS
"""After so many, not even a failure could be noted: whoever tried must have died each time."""
SLOWEST = 45.0
"""Seconds that one attempt may take: less than the lease, so that no second worker starts."""

GRACE_S = 10.0
"""Seconds that a stop waits for what was begun."""
_POLL = 1.0
_GATHER_S = 0.02
"""How long a busy worker lets places become free: a claim costs as much for one row as for many."""
_STEP_S = 5.0
"""Seconds by which a clock that is put back may be wrong before what it put off is looked at."""
_log = structlog.get_logger("worker")


@dataclass(frozen=True)
class Shares(Generic[Row]):
    """Parts of the work that may each come to a halt without holding up the others.

    `of` names a row's part, `without` leaves out the rows of some parts, and none of them takes
    more than `most` of the places.
    """

    of: Callable[[Row], str]
    without: Callable[[Collection[str]], ColumnElement[bool]]
    most: int


class GiveUpError(Exception):
    """This row can not succeed by being tried again: park it now, and tell a person why."""


class TryLaterError(Exception):
    """The outside asked to be left alone for `seconds`."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


class Job(Generic[Row]):
    """One claimed row in the hands of its handler; `result` is what became of it, in a word."""

    def __init__(self, db: Database, row: Row) -> None:
        self.db = db
        self.row = row
        self.finished = False
        self.result = ""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """The one transaction of this row's work: it marks the row done and commits with it."""
        async with self.db.transaction() as session:
            await work.finish(session, type(self.row), self.row.id)
            yield session
        self.finished, self.result = True, "done"

    @asynccontextmanager
    async def failure(self) -> AsyncIterator[AsyncSession]:
        """A transaction that leaves the row undone: whoever opens it postpones or parks it there.

        For work that keeps more of a failed attempt than a sentence, or has its own waits.
        """
        async with self.db.transaction() as session:
            yield session
        self.finished, self.result = True, "failed"


def _require_an_end(row: Work) -> None:
    """Raise `GiveUpError` for what was begun again and again."""
    if row.attempts > _ENDLESS:
        raise GiveUpError(
            f"It was begun {row.attempts - 1} times and never came to an end, as where the server "
            "dies of it."
        )


def wait_before(attempt: int) -> float:
    """Seconds to wait after the `attempt`-th failure (from 1): doubling, with jitter."""
    return min(2.0 ** (attempt - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311 - spread, not secrecy


class Worker(Generic[Row]):
    """Works off one table of rows.

    `run` does a row's work; it should open `job.transaction()` once, and if it does not, the
    row is marked done after it. `parked` hears, in the same transaction, of each row set aside.
    `born` is the column that says when a row was made, and `longest` how many seconds it may wait
    between two attempts: by these a clock that is put back is noticed and made good.
    """

    def __init__(
        self,
        db: Database,
        table: type[Row],
        run: Callable[[Job[Row]], Awaitable[None]],
        parked: Callable[[AsyncSession, Row, str], Awaitable[None]],
        *conditions: ColumnElement[bool],
        topic: str,
        born: str,
        longest: float = LONGEST_WAIT,
        concurrency: int = 8,
        shares: Shares[Row] | None = None,
    ) -> None:
        self._db = db
        self._table = table
        self._run = run
        self._parked = parked
        self._conditions = conditions
        self._concurrency = concurrency
        self._wake = asyncio.Event()
        self._born, self._longest = born, longest
        self._shares = shares
        self._steps = clock.Steps()
        self._running: dict[asyncio.Task[None], str] = {}
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False
        db.listen(topic, self._wake.set)

    async def start(self) -> None:
        """Begin to work."""
        if self._db.is_sqlite:
            # One process owns a SQLite file: claims in it belong to a process that died.
            async with self._db.transaction() as session:
                await work.release_claims(session, self._table)
        with contextlib.suppress(SQLAlchemyError, OSError):  # the loop will say that it is away
            await self._undo_lead()
        self._loop = asyncio.create_task(self._work(), name=f"worker-{self._table.__tablename__}")

    async def stop(self, grace: float = GRACE_S) -> None:
        """Take nothing new, finish what was begun, give back what takes longer than `grace` s."""
        self._stopping = True
        self._wake.set()
        if self._loop is not None:
            await self._loop
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                if self._steps.taken() < -_STEP_S:
                    await self._undo_lead()
                took = await self._claim_and_start()
            except Exception:  # noqa: BLE001 - the database may be away; the loop must outlive that
                _log.exception("could not claim work", table=self._table.__tablename__)
                took = 0
            if took == 0 or len(self._running) >= self._concurrency:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _POLL)

    async def _claim_and_start(self) -> int:
        if len(self._running) > self._concurrency // 2:
            await asyncio.sleep(_GATHER_S)
        free, conditions = self._room()
        if free <= 0 or not await self._anything_due(conditions):
            return 0
        async with self._db.transaction() as session:
            rows: Sequence[Row] = await work.claim(session, self._table, free, *conditions)
        for row in rows:
            task = asyncio.create_task(self._attempt(row))
            self._running[task] = self._shares.of(row) if self._shares else ""
            task.add_done_callback(self._ended)
        return len(rows)

    def _room(self) -> tuple[int, Sequence[ColumnElement[bool]]]:
        """How many rows may be begun, whatever part they are of, and which ones."""
        free = self._concurrency - len(self._running)
        if self._shares is None:
            return free, self._conditions
        busy = Counter(self._running.values())
        full = [part for part, places in busy.items() if places >= self._shares.most]
        fullest = max((busy[part] for part in busy if part not in full), default=0)
        free = min(free, self._shares.most - fullest)
        return free, (*self._conditions, *([self._shares.without(full)] if full else ()))

    async def _anything_due(self, conditions: Sequence[ColumnElement[bool]]) -> bool:
        """Look without a write lock first, so that an idle server writes nothing."""
        async with self._db.read() as session:
            return await work.anything_due(session, self._table, *conditions)

    async def _undo_lead(self) -> None:
        async with self._db.transaction() as session:
            found = await work.undo_lead(session, self._table, self._born, self._longest)
        if found:
            _log.warning("the clock was put back", table=self._table.__tablename__, rows=found)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            # The outcome could not be written: the lease runs out and the row is tried again.
            _log.error("outcome not written", table=self._table.__tablename__, error=repr(error))

    async def _attempt(self, row: Row) -> None:
        job, begun = Job(self._db, row), perf_counter()
        try:
            await self._work_on(job)
        finally:
            table = str(self._table.__tablename__)
            measures.ATTEMPT_S.labels(table).observe(perf_counter() - begun)
            measures.ATTEMPTS.labels(table, row.kind, job.result or "unwritten").inc()

    async def _work_on(self, job: Job[Row]) -> None:
        row = job.row
        with logs.working_for(row.request_id):
            try:
                _require_an_end(row)
                async with asyncio.timeout(SLOWEST):
                    await self._run(job)
                    if not job.finished:
                        async with job.transaction():
                            pass
            except AlreadyHandledError:
                job.result = "done elsewhere"
                _log.info("done by another worker", kind=row.kind, id=str(row.id))
            except GiveUpError as error:
                job.result = await self._park(row, str(error))
            except TryLaterError as error:
                job.result = await self._retry(row, str(error), error.seconds)
            except asyncio.CancelledError:
                await self._give_back(row)
                job.result = "interrupted"
                raise
            except Exception as error:  # noqa: BLE001 - a fault in our code must not lose the row
                _log.exception("attempt failed", kind=row.kind, id=str(row.id))
                job.result = await self._retry(row, f"{type(error).__name__}: {error}", None)

    async def _give_back(self, row: Row) -> None:
        async with self._db.transaction() as session:
            await work.postpone(session, row, until=clock.now(), error="interrupted by a stop")

    async def _retry(self, row: Row, error: str, seconds: float | None) -> str:
        if row.attempts >= ATTEMPTS:
            return await self._park(row, error)
        wait = min(max(seconds or 0.0, wait_before(row.attempts)), LONGEST_WAIT)
        _log.warning("will try again", kind=row.kind, id=str(row.id), error=error, seconds=wait)
        until = clock.now() + timedelta(seconds=wait)
        async with self._db.transaction() as session:
            await work.postpone(session, row, until=until, error=error)
        return "retried"

    async def _park(self, row: Row, error: str) -> str:
        _log.error("parked", kind=row.kind, id=str(row.id), error=error)
        async with self._db.transaction() as session:
            if await work.park(session, row, error=error):
                await self._parked(session, row, error)
        return "parked"
