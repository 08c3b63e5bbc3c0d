"""The daily look for tax forms that expire soon."""

from datetime import timedelta

import pytest

import clock
from domain import affiliates, taxes
from domain.statuses import Status
from scheduled.scheduler import JOBS, run_once
from storage.db import Database
from tests.builders import RITA, join, mails_asked_for
from tests.tax_builders import GERMAN, seal, send

JOB = next(job for job in JOBS if job.name == "tax-forms")


async def test_after_days_without_a_server_everybody_is_asked_once(db: Database) -> None:
    """Whoever came due meanwhile is asked on the next day that it runs, and not again after it."""
    seal(db)
    jared = await join(db)
    form = await send(db, jared.id, GERMAN)
    ends = form.expires_at
    assert ends is not None
    asked = []
    for days in (61, 55, 54):
        with clock.travel(ends - timedelta(days=days)):
            assert await run_once(db, JOB)
        asked.append((await mails_asked_for(db)).count(("tax_expiring", jared.email)))
    assert asked == [0, 1, 1]


async def test_who_has_left_is_asked_for_nothing(db: Database) -> None:
    """They can not be paid any more."""
    seal(db)
    jared = await join(db)
    form = await send(db, jared.id, GERMAN)
    ends = form.expires_at
    assert ends is not None
    with clock.travel(ends - timedelta(days=50)):
        async with db.transaction() as session:
            await affiliates.change_status(
                session, jared.id, Status.TERMINATED, "They spammed.", RITA
            )
        assert await run_once(db, JOB)
    assert ("tax_expiring", jared.email) not in await mails_asked_for(db)


async def test_a_day_asks_some_and_the_next_the_others(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All forms of a year expire at one moment: nobody waits until thousands are asked for."""
    seal(db)
    monkeypatch.setattr(taxes, "TOLD_A_DAY", 2)
    ends = None
    for n in range(3):
        code = f"DAY{n}0"
        someone = await join(db, code, email=f"{code}@example.com", requested_code=code)
        ends = (await send(db, someone.id, GERMAN)).expires_at
    assert ends is not None
    asked = []
    for days in (50, 49, 48):
        with clock.travel(ends - timedelta(days=days)):
            assert await run_once(db, JOB)
        asked.append(sum(template == "tax_expiring" for template, _ in await mails_asked_for(db)))
    assert asked == [2, 3, 3]
