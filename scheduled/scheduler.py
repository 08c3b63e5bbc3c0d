"""The scheduler: every process has one, and each job's run still happens once.

APScheduler keeps its plan in memory; a shared job store would be no lock (three processes on
one ran each job two to three times). What makes a run happen once is its row in `job_runs`,
taken in the transaction of the job's work: a crash undoes both.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from scheduled import queue_reminder, sweep
from storage import jobs
from storage.db import Database

_LATE_S = 3600
_log = structlog.get_logger("scheduler")


@dataclass(frozen=True)
class Job:
    """A job that runs once a day (UTC) at `hour`; `work` is its one transaction."""

    name: str
    hour: int
    work: Callable[[AsyncSession], Awaitable[None]]


JOBS = (
    Job("sweep", 4, sweep.sweep),
    Job("queue-reminder", 14, queue_reminder.remind),
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


class Scheduler:
    """Starts each job at its hour, on this process."""

    def __init__(self, db: Database) -> None:
        self._plan = AsyncIOScheduler(timezone="UTC")
        for job in JOBS:
            self._plan.add_job(
                run_once,
                CronTrigger(hour=job.hour, timezone="UTC"),
                (db, job),
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=_LATE_S,
            )

    def start(self) -> None:
        """Begin; needs the running event loop."""
        self._plan.start()

    def stop(self) -> None:
        """Start no further job."""
        self._plan.shutdown(wait=False)
