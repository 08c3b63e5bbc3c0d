"""What a soak came to: a table on the terminal, and `bench/SOAK.md` with charts of text."""

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bench.soak.watch import Sample, slope

FILE: Final = Path(__file__).parents[1] / "SOAK.md"
_BARS: Final = "▁▂▃▄▅▆▇█"
_WIDE: Final = 60
_ROWS: Final = 16
_HOUR_MB: Final = 10.0
"""So much more memory an hour is growth, where it is more than the error of the line."""

_CHARTS: Final[dict[str, Callable[[Sample], float]]] = {
    "memory, MB": lambda one: one.rss,
    "open files": lambda one: one.files,
    "threads": lambda one: one.threads,
    "inbox, waiting": lambda one: one.inbox,
    "outbox, waiting": lambda one: one.outbox,
    "event loop, ms": lambda one: one.loop_ms,
    "slowest 1 %, ms": lambda one: one.p99_ms,
    "log (WAL), MB": lambda one: one.wal,
}


@dataclass(frozen=True)
class Soaked:
    """A soak that is over. `problems` are sentences; `late` requests could not be sent in time."""

    database: str
    minutes: float
    rate: float
    seed: int
    samples: Sequence[Sample]
    answers: dict[str, int]
    late: int
    drained_s: float
    problems: Sequence[str]

    @property
    def grows(self) -> tuple[float, float]:
        """By how many MB an hour the memory grew, and the error of that."""
        return slope(list(self.samples), lambda one: one.rss)

    @property
    def is_flat(self) -> bool | None:
        """Whether the memory does not grow; None where it was too short to say."""
        grows, error = self.grows
        if error > _HOUR_MB:
            return None
        return grows <= max(_HOUR_MB, error)


def text(soaked: Soaked, today: date) -> str:
    """The report."""
    grows, error = soaked.grows
    sent = sum(soaked.answers.values())
    machine = f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}"
    flat = {True: "flat", False: "it grows", None: "too short to tell"}[soaked.is_flat]
    kinds = ", ".join(f"{count:,} {name}" for name, count in sorted(soaked.answers.items()))
    found = "\n".join(f"- {one}" for one in soaked.problems)
    verdict = (
        f"**Not right:**\n\n{found}"
        if found
        else (
            "Every answer was right, the queue was drained, what was acknowledged is stored once, "
            "and the books agree."
        )
    )
    charts = "\n".join(
        _chart(name, [of(one) for one in soaked.samples]) for name, of in _CHARTS.items()
    )
    return (
        f"# Soak\n\n{soaked.minutes:g} minutes at {soaked.rate:g} requests a second on "
        f"{soaked.database}, seed {soaked.seed}, on {today.isoformat()},\n{machine}, by `python -m "
        f"bench.soak`: one server, the load and the outside on the same machine.\n\n"
        f"{verdict}\n\n"
        f"| | |\n|---|---|\n"
        f"| sent | {sent:,}: {kinds} |\n"
        f"| held up, as too many were on their way | {soaked.late:,} |\n"
        f"| drained after the last request | {soaked.drained_s:.0f} s |\n"
        f"| memory after a third of the time | {grows:+.1f} MB an hour, ± {error:.1f}: {flat} |\n"
        f"| processor | {_mean(soaked.samples, lambda one: one.cpu):.2f} of a core |\n\n"
        f"```text\n{charts}\n```\n\n{_table(soaked.samples)}"
    )


def _mean(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    return sum(map(of, samples)) / max(1, len(samples))


def _chart(name: str, values: Sequence[float]) -> str:
    """One line: each bar the highest of its stretch, from 0 to the highest of all."""
    size = max(1, -(-len(values) // _WIDE))
    tops = [max(values[at : at + size]) for at in range(0, len(values), size)]
    top = max([*tops, 0.0])
    bars = "".join(_BARS[round(value / top * 7) if top > 0 else 0] for value in map(_floor, tops))
    return f"{name:<16} {bars}  up to {top:,.0f}"


def _floor(value: float) -> float:
    return max(0.0, value)


def _table(samples: Sequence[Sample]) -> str:
    step = max(1, len(samples) // _ROWS)
    lines = [
        f"| {one.at / 60:.1f} | {one.sent:,} | {one.rss:.0f} | {one.files} | {one.threads} "
        f"| {one.cpu:.2f} | {one.inbox:,} | {one.outbox:,} | {one.loop_ms:.0f} | {one.p99_ms:.0f} "
        f"| {one.wal:,.0f} | {one.database:,.0f} |"
        for one in samples[::step]
    ]
    return (
        "| minute | answered | memory MB | files | threads | cores | inbox | outbox | loop ms "
        "| p99 ms | WAL MB | database MB |\n" + "|---" * 12 + "|\n" + "\n".join(lines) + "\n"
    )
