"""What must not happen while something wild is tried: an error in the log, a hang, a heap."""

import asyncio
import contextlib
import logging
import resource
import signal
import sys
import traceback
from collections.abc import Awaitable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import structlog

CPU_S: Final = 10.0
"""Processor time that one input may take, all of it in this process."""
WALL_S: Final = 60.0
"""The same on the clock, for what waits instead of working."""
GROWTH_MB: Final = 250
"""By how much the largest a process ever was may grow over a run."""

_PARKED: Final = frozenset({"parked"})
"""What is logged as an error on purpose: work that waits for a person, who is told why."""


class ComplaintError(AssertionError):
    """Something wild was not dealt with."""


class Watch(logging.Handler):
    """Hears every line of every log and every exception that nobody takes."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def require_quiet(self) -> None:
        """Raise `ComplaintError` with what was heard since it was asked last."""
        heard, self.errors = self.errors, []
        if heard:
            raise ComplaintError("\n".join(heard)[:20_000])

    @contextlib.contextmanager
    def listening(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Hear the logs of structlog and of the library's logging, and what a loop complains of."""
        processors = structlog.get_config()["processors"]
        before = list(processors)
        # In place, as `structlog.testing` does it: loggers that are cached keep this very list.
        processors[:] = [self._note]
        root = logging.getLogger()
        root.addHandler(self)
        loop.set_exception_handler(self._of_loop)
        try:
            yield
        finally:
            processors[:] = before
            root.removeHandler(self)
            loop.set_exception_handler(None)

    def _note(self, _logger: Any, method: str, line: structlog.typing.EventDict) -> Any:
        failed = line.get("exc_info")
        loud = method in {"error", "exception", "critical"} and line["event"] not in _PARKED
        if failed or loud:
            error = failed if isinstance(failed, BaseException) else sys.exc_info()[1]
            self.errors.append(f"{line}\n{_told(error)}")
        raise structlog.DropEvent

    def emit(self, record: logging.LogRecord) -> None:
        """Note a line of the library's logging."""
        if record.levelno < logging.ERROR:  # a filter on the way has thought better of it
            return
        error = record.exc_info[1] if record.exc_info else None
        self.errors.append(f"{record.name}: {record.getMessage()}\n{_told(error)}")

    def _of_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.errors.append(f"{context['message']}\n{_told(context.get('exception'))}")


def _told(error: BaseException | None) -> str:
    return "".join(traceback.format_exception(error)) if error else ""


@contextlib.contextmanager
def deadline(seconds: float = CPU_S) -> Iterator[None]:
    """Raise `ComplaintError` from within what needs more processor time, wherever it is."""

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise ComplaintError(f"One input took more than {seconds:g} s of processor time.")

    before = signal.signal(signal.SIGPROF, too_long)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


async def in_time(work: Awaitable[None]) -> None:
    """Raise `TimeoutError` for what waits for ever."""
    async with asyncio.timeout(WALL_S):
        await work


def peak_mb() -> int:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def now_mb() -> int:
    """The memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() // 2**20
