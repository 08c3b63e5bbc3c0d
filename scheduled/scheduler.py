"""The scheduler: every process has one, and each job's run still happens once.

APScheduler keeps its plan in memory; a shared job store would be no lock (three processes on
one ran each job two to three times). What makes a run happen once is its row in `job_runs`,
taken in the transaction of the job's work: a crash undoes both. A watch takes none: it looks again
every few minutes, and what it finds done is done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
import measures
from domain import taxes
from integrations.errors import TransportError
from outbox.services import Services
from scheduled import (
    alerts,
    backfill,
    closings,
    codes,
    compliance,
    contests,
    conversions,
    digest,
    drips,
    milestones,
    payouts,
    queue_reminder,
    reconcile,
    retention,
    rollups,
    sweep,
    tiers,
)
from storage import jobs
from storage.db import Database

_LATE_S = 3600
_LOOK_S = 5.0
_STEP_S = 30.0
"""Seconds by which the clock has to be put back before all next runs are found anew."""
_log = structlog.get_logger("scheduler")


@dataclass(frozen=True)
class Job:
    """A job that runs once a day (UTC) at `hour`; `work` is its one transaction."""

    name: str
    hour: int
    work: Callable[[AsyncSession], Awaitable[None]]


@dataclass(frozen=True)
class Errand:
    """A job that asks outside services or is long, so that it can be no transaction.

    It runs once a day (UTC) at `hour`, or at a later hour of that day where it failed before.
    `mends` says that it only compares and repairs, so that one run stands for several days.
    """

    name: str
    hour: int
    work: Callable[[Services], Awaitable[None]]
    mends: bool = False


@dataclass(frozen=True)
class Watch:
    """A look that is taken every so many `minutes`; `work` is its one transaction.

    Every process takes it, at the same time as others: `work` decides on rows that it has locked.
    `at_once` says that it is also taken at the start and when the clock leaps. What looks for work
    that is late is not: all of it is then, for a moment.
    """

    name: str
    minutes: int
    work: Callable[[AsyncSession], Awaitable[None]]
    at_once: bool = True


JOBS = (
    Job("closings", 1, closings.close),
    Job("sweep", 4, sweep.sweep),
    Job("queue-reminder", 14, queue_reminder.remind),
    Job("tax-forms", 15, taxes.tell_expiring),
)


ERRANDS = (
    Errand("reconcile", 3, reconcile.nightly, mends=True),
    Errand("rollups", 4, rollups.check, mends=True),
    Errand("conversions", 4, conversions.count_anew),
    Errand("tiers", 5, tiers.move_up),
    Errand("retention", 2, retention.forget, mends=True),
    Errand("pages", 7, compliance.check_pages),
    Errand("monthly-payouts", 6, payouts.request_monthly),
)

WATCHES = (
    Watch("alerts", 1, alerts.look, at_once=False),
    Watch("expire-codes", 5, codes.expire),
    Watch("milestones", 5, milestones.catch_up),
    Watch("sale-days", 10, closings.fold_sales),
    Watch("leaks", 15, codes.watch_leaks),
    Watch("digest", 15, digest.post),
    Watch("statements", 5, digest.mail_statements),
    Watch("clicks", 15, compliance.watch_clicks),
    Watch("terms", 10, compliance.tell_of_terms),
    Watch("drips", 10, drips.send),
    Watch("contests", 1, contests.move),
    Watch("proposals", 10, contests.propose),
)


async def run_once(db: Database, job: Job) -> bool:
    """Do a job's work for today, unless it was done; whether it was done now."""
    period = clock.now().date().isoformat()
    async with db.transaction() as session:
        if not await jobs.claim(session, job.name, period):
            return False
        await job.work(session)
    _log.info("job done", job=job.name, period=period)
    return True


async def run_errand(services: Services, errand: Errand) -> bool:
    """Run today's errand, unless it was run; whether it was now.

    The day is taken before and given back if the errand fails: asking the outside for minutes
    would keep a transaction open.
    """
    period = clock.now().date().isoformat()
    async with services.db.transaction() as session:
        if not await jobs.claim(session, errand.name, period):
            return False
    try:
        await errand.work(services)
    except BaseException:
        async with services.db.transaction() as session:
            await jobs.release(session, errand.name, period)
        raise
    _log.info("errand done", job=errand.name, period=period)
    return True


async def look(db: Database, watch: Watch) -> None:
    """Take one look."""
    async with db.transaction() as session:
        await watch.work(session)


async def run_all(services: Services, *, last: bool) -> None:
    """Run every job, errand and watch of today now, each as often as it may.

    For a clock that leaps over the hours at which they would have begun; what only mends is left
    for the `last` moment of the leap. A service that fails is left for the next time, as a
    scheduler would.
    """
    for errand in sorted(ERRANDS, key=lambda errand: errand.hour):
        if errand.mends and not last:
            continue
        try:
            await run_errand(services, errand)
        except TransportError as error:
            _log.warning("errand failed", job=errand.name, error=str(error))
    for job in sorted(JOBS, key=lambda job: job.hour):
        await run_once(services.db, job)
    for watch in WATCHES:
        if watch.at_once:
            await look(services.db, watch)


class Scheduler:
    """Starts each job at its hour, each watch now and in turn, and the backfill now."""

    def __init__(self, services: Services) -> None:
        self._stopped = False
        self._plan = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": _LATE_S},
        )
        for job in JOBS:
            at = CronTrigger(hour=job.hour, timezone="UTC")
            self._add(run_once, services.db, job, at=at, name=job.name)
        for errand in ERRANDS:
            at = CronTrigger(hour=f"{errand.hour}-23", timezone="UTC")
            self._add(run_errand, services, errand, at=at, name=errand.name)
        for watch in WATCHES:
            at = CronTrigger(minute=f"*/{watch.minutes}", timezone="UTC")
            self._add(look, services.db, watch, at=at, name=watch.name)
            # What came due while no server was up does not wait for the next round.
            if watch.at_once:
                self._add(look, services.db, watch, name=f"{watch.name}-at-start")
        self._add(backfill.backfill, services, name="backfill")
        self._steps = clock.Steps()
        self._minding: asyncio.Task[None] | None = None

    def _add(
        self,
        work: Callable[..., Coroutine[Any, Any, object]],
        *args: object,
        name: str,
        at: CronTrigger | None = None,
    ) -> None:
        job = name.removesuffix("-at-start")

        async def run() -> None:
            try:
                await work(*args)
                measures.RUNS.labels(job, "done").inc()
                measures.LAST_RUN.labels(job).set(clock.timestamp())
            except asyncio.CancelledError:
                # The stop cuts work short, whose transaction is undone: no failure to report.
                if not self._stopped:
                    raise
                _log.info("left for the next start", job=name)
            except Exception:
                measures.RUNS.labels(job, "failed").inc()
                raise

        self._plan.add_job(run, at, id=name)

    def start(self) -> None:
        """Begin; needs the running event loop."""
        self._plan.start()
        self._minding = asyncio.create_task(self._mind_the_clock(), name="scheduler-clock")

    async def _mind_the_clock(self) -> None:
        """Find the next runs anew where the clock is put back, or all would wait till it is there.

        Where it is put forward, what is due then begins within a minute by itself.
        """
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._steps.taken() < -_STEP_S:
                _log.warning("the clock was put back")
                self.replan()

    def replan(self) -> None:
        """Find each job's next run from now on."""
        for job in self._plan.get_jobs():
            job.reschedule(job.trigger)

    def stop(self) -> None:
        """Start no further job, and cut short what runs."""
        self._stopped = True
        if self._minding is not None:
            self._minding.cancel()
        self._plan.shutdown(wait=False)
