"""The daily look for tax forms that expire soon."""

from datetime import timedelta

import clock
from scheduled.scheduler import JOBS, run_once
from storage.db import Database
from tests.builders import join, mails_asked_for
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
