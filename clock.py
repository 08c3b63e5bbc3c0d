"""The one place that time comes from: UTC, and tests can set it.

Nothing else in the project calls `datetime.now`. A test freezes the clock with
`clock.travel(moment)` and every rule about holds, windows and expiry follows.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_source: Callable[[], float] = time.time


def timestamp() -> float:
    """Seconds since the epoch, by the clock that is in force."""
    return _source()


def now() -> datetime:
    """The present moment, in UTC, by the clock that is in force."""
    return datetime.fromtimestamp(_source(), tz=UTC)


def run_ahead(of_real_time: timedelta) -> None:
    """Keep the clock this much ahead from now on, as the sandbox does to let days pass."""
    global _source  # noqa: PLW0603 - a clock is process-wide by nature
    seconds = of_real_time.total_seconds()
    _source = (lambda: time.time() + seconds) if seconds else time.time


class Steps:
    """Notices when the clock is set, by one beside it that nobody can set."""

    def __init__(self) -> None:
        self._between = _source() - time.monotonic()

    def taken(self) -> float:
        """Seconds by which the clock was set since this was asked for last; below zero if back."""
        between = _source() - time.monotonic()
        step, self._between = between - self._between, between
        return step


@contextmanager
def travel(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (time-zone aware) until the block ends."""
    global _source  # noqa: PLW0603 - a clock is process-wide by nature
    before, _source = _source, moment.timestamp
    try:
        yield
    finally:
        _source = before
