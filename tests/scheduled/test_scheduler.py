import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from desk import services_for
from domain import effects, sessions
from integrations.errors import TransportError
from outbox.services import Services
from scheduled import scheduler
from scheduled.scheduler import JOBS, Errand, Job, Watch, run_all, run_once
from settings import Settings
from storage.db import Database
from storage.sessions import Session, SignInLink
from tests.builders import apply, effects_asked_for

BY_NAME = {job.name: job for job in JOBS}


async def test_of_many_processes_one_does_the_work(db: Database) -> None:
    """Five at the same moment: once; the next day: once more."""
    runs: list[int] = []

    async def work(_session: AsyncSession) -> None:
        await asyncio.sleep(0.01)
        runs.append(1)

    job = Job("test", 0, work)
    assert sum(await asyncio.gather(*(run_once(db, job) for _ in range(5)))) == 1
    with clock.travel(clock.now() + timedelta(days=1)):
        assert await run_once(db, job)
    assert len(runs) == 2


async def test_a_job_that_fails_may_run_again(db: Database) -> None:
    """A failure undoes the claim on the period."""

    async def fail(_session: AsyncSession) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await run_once(db, Job("test", 0, fail))

    async def work(_session: AsyncSession) -> None:
        return None

    assert await run_once(db, Job("test", 0, work))


async def test_the_sweep_forgets_what_has_expired(db: Database) -> None:
    """Old links and sessions go, live ones stay."""
    async with db.transaction() as session:
        await sessions.ask_for_link(session, "jared@example.com")
        await sessions.open_for(session, "jared@example.com", "Firefox", "link")
    with clock.travel(clock.now() + timedelta(hours=1)):
        await run_once(db, BY_NAME["sweep"])
    async with db.read() as session:
        assert (await session.exec(select(SignInLink))).all() == []
        assert len((await session.exec(select(Session))).all()) == 1
    with clock.travel(clock.now() + timedelta(days=40)):
        await run_once(db, BY_NAME["sweep"])
    async with db.read() as session:
        assert (await session.exec(select(Session))).all() == []


async def test_operators_are_reminded_of_overdue_applications_only(db: Database) -> None:
    """One notice, once a day, and none while nobody waits too long."""
    await apply(db)
    await run_once(db, BY_NAME["queue-reminder"])
    notices = [e for e in await effects_asked_for(db) if e.kind == effects.NOTICE]
    assert notices == []
    with clock.travel(clock.now() + timedelta(days=4)):
        await run_once(db, BY_NAME["queue-reminder"])
        await run_once(db, BY_NAME["queue-reminder"])
    notices = [e for e in await effects_asked_for(db) if e.kind == effects.NOTICE]
    assert ["1 application has waited" in e.payload["text"] for e in notices] == [True]


async def test_a_clock_that_leaps_leaves_nothing_out(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each job and errand once a day whatever its hour, each watch every time.

    An errand whose service fails keeps nobody from theirs, and is run the next time.
    What only mends is left for the end, and what looks for late work is not taken at all.
    """
    runs: list[str] = []
    works = False

    async def job(_session: AsyncSession) -> None:
        runs.append("job")

    async def watch(_session: AsyncSession) -> None:
        runs.append("watch")

    async def errand(_services: Services) -> None:
        if not works:
            raise TransportError("The service is down")
        runs.append("errand")

    monkeypatch.setattr(scheduler, "JOBS", (Job("test-job", 23, job),))

    async def mend(_services: Services) -> None:
        runs.append("mend")

    errands = (Errand("test-errand", 23, errand), Errand("test-mend", 23, mend, mends=True))
    monkeypatch.setattr(scheduler, "ERRANDS", errands)

    async def patient(_session: AsyncSession) -> None:
        runs.append("patient")

    watches = (Watch("test-watch", 5, watch), Watch("test-patient", 1, patient, at_once=False))
    monkeypatch.setattr(scheduler, "WATCHES", watches)
    services = services_for(Settings(_env_file=None), db)
    await run_all(services, last=False)
    works = True
    await run_all(services, last=False)
    await run_all(services, last=True)
    await services.close()
    assert runs == ["job", "watch", "errand", "watch", "mend", "watch"]
