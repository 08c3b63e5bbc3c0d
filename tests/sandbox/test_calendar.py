"""The day in the sandbox."""

from datetime import timedelta
from pathlib import Path

import pytest

import clock
from sandbox.calendar import Calendar
from sandbox.store import Store


async def test_a_restart_keeps_the_day(tmp_path: Path) -> None:
    """What was available stays available when the sandbox is started again."""
    real = clock.now()
    try:
        calendar = Calendar(Store(tmp_path / "calendar.json"))
        await calendar.let_pass(30)
        await calendar.let_pass(1)
        clock.run_ahead(timedelta(0))
        again = Calendar(Store(tmp_path / "calendar.json"))
        assert again.days == 31
        assert clock.now() - real >= timedelta(days=31)
    finally:
        clock.run_ahead(timedelta(0))


async def test_it_ends_before_time_does() -> None:
    """After ten years somebody should start anew."""
    store = Store()
    store.data["days"] = 3650
    try:
        with pytest.raises(ValueError, match="1"):
            await Calendar(store).let_pass(1)
    finally:
        clock.run_ahead(timedelta(0))


async def test_what_is_due_happens_on_each_day_that_passes() -> None:
    """Twice a day, at the moments of those days, the last one being the day that is reached."""
    calendar, seen = Calendar(Store()), []
    ends: list[int] = []

    async def happens(*, last: bool) -> None:
        seen.append(clock.now() - real)
        if last:
            ends.append(len(seen))

    calendar.happens = happens
    real = clock.now()
    try:
        await calendar.let_pass(1)
        await calendar.let_pass(30)
    finally:
        clock.run_ahead(timedelta(0))
    hours = [round(passed / timedelta(hours=1)) for passed in seen]
    assert hours == list(range(12, 31 * 24 + 1, 12))
    assert ends == [2, 62]
