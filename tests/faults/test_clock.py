"""The clock jumps by hours, forwards and back, under a running server: nothing stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

import clock
from desk import Desk
from sandbox.stand_ins import StandIns
from sandbox.tally.form import TallyForm
from scheduled import scheduler
from settings import Settings
from tests.faults.conftest import LONG_S
from tests.faults.town import some_form
from tests.faults.weather import Weather
from tests.standing import free_port, serving, standing_in
from tests.waiting import until

HOURS: Final = timedelta(hours=5)


@asynccontextmanager
async def running(url: str) -> AsyncIterator[tuple[Desk, StandIns, Weather]]:
    """The server in this process, whose clock can be set."""
    port, weather = free_port(), Weather()
    async with standing_in(port, weather.middleware) as stand_ins:
        settings = Settings(_env_file=None, port=port, database_url=url, **stand_ins.settings())
        desk = Desk(settings)
        async with serving(desk.app(), port):
            yield desk, stand_ins, weather


async def apply(form: TallyForm, email: str) -> None:
    """Somebody sends the form."""
    assert (await form.submit(some_form(email, "PERSON9X")))[0] == 200


@pytest.mark.parametrize("jump", [HOURS, -HOURS], ids=["forwards", "back"])
async def test_what_failed_before_a_jump_is_done_soon_after_it(
    migrated_url: str, jump: timedelta
) -> None:
    """Work that was put off by a clock that is wrong does not wait until that is right again."""
    async with running(migrated_url) as (_, stand_ins, weather):
        wrong = max(-jump, timedelta(0))
        clock.run_ahead(wrong)
        for service in ("mail", "slack", "clerk"):
            weather.becomes(service, "failing")
        await apply(stand_ins.tally, "ann@example.com")

        async def has_failed() -> bool:
            return weather.spoiled["mail"] > 1 and weather.spoiled["slack"] > 1

        await until(has_failed, LONG_S)
        for service in ("mail", "slack", "clerk"):
            weather.becomes(service)
        clock.run_ahead(wrong + jump)
        await apply(stand_ins.tally, "bob@example.com")

        async def all_are_told() -> bool:
            letters = stand_ins.mail
            return all(letters.letters_to(f"{who}@example.com") for who in ("ann", "bob"))

        await until(all_are_told, LONG_S)
        clock.run_ahead(timedelta(0))


async def test_a_clock_that_was_wrong_at_the_last_stop_holds_up_nothing(migrated_url: str) -> None:
    """Also where the server was started anew meanwhile, and knows of no jump."""
    clock.run_ahead(HOURS)
    async with running(migrated_url) as (_, stand_ins, weather):
        weather.becomes("mail", "failing")
        await apply(stand_ins.tally, "ann@example.com")

        async def has_failed() -> bool:
            return weather.spoiled["mail"] > 1

        await until(has_failed, LONG_S)
    clock.run_ahead(timedelta(0))
    async with running(migrated_url) as (_, later, _):

        async def is_told() -> bool:
            return bool(later.mail.letters_to("ann@example.com"))

        await until(is_told, LONG_S)


async def test_a_clock_that_is_put_back_does_not_stop_the_scheduler(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Watches run within their minutes, and daily jobs at their hour, by the clock as it is now."""
    monkeypatch.setattr(scheduler, "_LOOK_S", 0.05)
    async with running(sqlite_url) as (desk, _, _):
        plan = desk.scheduler._plan  # noqa: SLF001 - there is no other way to see it
        clock.run_ahead(HOURS)
        await asyncio.sleep(0.2)
        for job in plan.get_jobs():
            job.modify(next_run_time=datetime.now(UTC) + HOURS)  # as by the clock that was fast
        clock.run_ahead(timedelta(0))

        async def looks_again() -> bool:
            found: datetime = plan.get_job("contests").next_run_time
            return found <= datetime.now(UTC) + timedelta(minutes=1)

        await until(looks_again, LONG_S)
        assert plan.get_job("sweep").next_run_time <= datetime.now(UTC) + timedelta(days=1)
