"""Which scheduled jobs ran for which period: each period's run happens once, on one process."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock


class JobRun(SQLModel, table=True):
    """A run of a job; `period` names what it was for, like `2026-11-21`."""

    __tablename__ = "job_runs"

    job: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    ran_at: datetime = Field(default_factory=clock.now)


async def claim(session: AsyncSession, job: str, period: str) -> bool:
    """Take a period for this transaction; False if another process has it.

    Two processes that ask at once wait for each other; if the first fails, the second gets it.
    """
    postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if postgresql else sqlite_insert
    values = {"job": job, "period": period, "ran_at": clock.now()}
    taken = await session.exec(insert(JobRun).values(**values).on_conflict_do_nothing())
    return taken.rowcount == 1


async def last_runs(
    session: AsyncSession, jobs: Collection[str], since: str
) -> dict[str, datetime]:
    """When each of these jobs last ran for a period from `since` on, such as `2026-11-21`."""
    query = (
        select(JobRun.job, func.max(JobRun.ran_at))
        .where(col(JobRun.job).in_(jobs), col(JobRun.period) >= since)
        .group_by(col(JobRun.job))
    )
    return dict((await session.exec(query)).all())


async def release(session: AsyncSession, job: str, period: str) -> None:
    """Give a period back that could not be worked on, for a later attempt."""
    run = await session.get(JobRun, (job, period))
    if run is not None:
        await session.delete(run)
