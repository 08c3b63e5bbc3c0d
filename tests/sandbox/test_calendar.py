"""The day in the sandbox."""

from datetime import timedelta
from pathlib import Path

import pytest

import clock
from sandbox.calendar import Calendar
from sandbox.store import Store


def test_a_restart_keeps_the_day(tmp_path: Path) -> None:
    """What was available stays available when the sandbox is started again."""
    real = clock.now()
    try:
        calendar = Calendar(Store(tmp_path / "calendar.json"))
        calendar.let_pass(30)
        calendar.let_pass(1)
        clock.run_ahead(timedelta(0))
        again = Calendar(Store(tmp_path / "calendar.json"))
        assert again.days == 31
        assert clock.now() - real >= timedelta(days=31)
    finally:
        clock.run_ahead(timedelta(0))


def test_it_ends_before_time_does() -> None:
    """After ten years somebody should start anew."""
    store = Store()
    store.data["days"] = 3650
    try:
        with pytest.raises(ValueError, match="1"):
            Calendar(store).let_pass(1)
    finally:
        clock.run_ahead(timedelta(0))
