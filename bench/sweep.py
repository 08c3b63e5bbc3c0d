"""`python -m bench.sweep`: all that anybody asks, in programs of three sizes.

Every page, API read, Slack command and job, on databases of 1, 10 and 100 percent of the whole: the
processor time of the process that answers (with the client that asks in it: the first line is what
that takes by itself), how many statements it is, and how many rows the database gives for them. The
median of three after one to warm up; an errand, which reads for minutes, is run once. Written to
`bench/LARGE.md`. Processor time of PostgreSQL itself is not in it: give `--on sqlite` to have all.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from rich.progress import Progress
from sqlalchemy import Engine, event

import clock
from bench.lab import Lab
from bench.rows.reading import typical
from storage.db import Database
from tests.asking import Asking, commands, jobs, pages

FILE: Final = Path(__file__).with_name("LARGE.md")
OWED_MS: Final = 10
OWED: Final = {
    "GET /affiliate/dashboard": "the dashboard",
    "GET /api/affiliate/leaderboard": "the leaderboard",
    "GET /affiliate/dashboard/leaderboard": "the leaderboard's page",
    "GET /api/affiliate/v1/stats": "an affiliate's figures",
    "/affiliate stats month": "operators' figures of a month",
    "/affiliate stats all": "operators' figures of all time",
    "/affiliate leaderboard": "operators' leaderboard",
}
_FLOOR: Final = "GET /healthz"
_TIMES: Final = 3
_SLOWEST: Final = 10


@dataclass(frozen=True, slots=True)
class Took:
    """What one asking took: milliseconds of processor time, statements, and rows given."""

    ms: float
    statements: int
    rows: int


class Counter:
    """Counts statements, and the rows that the database gave for them."""

    def __init__(self) -> None:
        self.statements = self.rows = 0

    def hear(self, _connection: Any, cursor: Any, *_: Any) -> None:
        """Called by the engine."""
        self.statements += 1
        self.rows += len(getattr(cursor, "_rows", ()))


@contextmanager
def counting() -> Iterator[Counter]:
    """Count what every database of this process is asked."""
    counter = Counter()
    event.listen(Engine, "after_cursor_execute", counter.hear)
    yield counter
    event.remove(Engine, "after_cursor_execute", counter.hear)


async def sweep(db: Database) -> dict[str, Took]:
    """Ask everything of a program, by name."""
    found: dict[str, Took] = {}
    with counting() as counter:
        async with pages(db, await typical(db)) as asked:
            await _ask(asked, counter, found)
        async with commands(db) as asked:
            await _ask(asked, counter, found)
        await _ask(jobs(db), counter, found)
    return found


async def _ask(asked: list[Asking], counter: Counter, found: dict[str, Took]) -> None:
    with Progress() as progress:
        task = progress.add_task("", total=len(asked))
        for name, ask in asked:
            progress.update(task, description=name[:40])
            if not name.startswith("errand "):
                await ask()
            times = 1 if name.startswith("errand ") else _TIMES
            took = [await _once(ask, counter) for _ in range(times)]
            found[name] = Took(
                statistics.median(one.ms for one in took), took[-1].statements, took[-1].rows
            )
            progress.advance(task)


async def _once(ask: Any, counter: Counter) -> Took:
    statements, rows, begun = counter.statements, counter.rows, time.process_time()
    await ask()
    ms = (time.process_time() - begun) * 1000
    return Took(ms, counter.statements - statements, counter.rows - rows)


async def _measured(url: str, percent: float) -> dict[str, Took]:
    """Fill a database, unless it is full, and ask everything of it."""
    made = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "bench.generate", url, "--percent", str(percent)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode and "empty database" not in made.stderr:
        raise RuntimeError(made.stderr)
    db = Database(url)
    try:
        return await sweep(db)
    finally:
        await db.close()


def table(sizes: list[float], found: list[dict[str, Took]], where: str) -> str:
    """The page: what we owe first, then everything, what takes longest in the largest first."""
    largest = found[-1]
    order = sorted(largest, key=lambda name: -largest[name].ms)
    slow = {name for name in order if not name.startswith("errand ")}
    slowest = set([name for name in order if name in slow][:_SLOWEST])
    heads = " | ".join(f"{size:g} %: ms | statements | rows" for size in sizes)
    lines = [
        f"# Every page, command and job at {', '.join(f'{size:g} %' for size in sizes)}",
        "",
        (
            f"Made by `python -m bench.sweep` on {clock.now():%d %B %Y}, {where}. 100 % are 10,000 "
            "affiliates, a million commissions and ten million clicks. Milliseconds are processor "
            "time of the process with its client in it, which alone takes "
            f"{largest[_FLOOR].ms:.1f} ms "
            f"(`{_FLOOR}`). The ten that take longest are **bold**; errands run at night, once."
        ),
        "",
        f"## Owed: {OWED_MS} ms at most",
        "",
        "| what | " + " | ".join(f"{size:g} %, ms" for size in sizes) + " | kept |",
        "|---|" + "---:|" * len(sizes) + "---|",
    ]
    for name, what in OWED.items():
        if name not in largest:
            continue
        cells = " | ".join(f"{one[name].ms:.1f}" for one in found)
        kept = "yes" if largest[name].ms <= OWED_MS else "**no**"
        lines.append(f"| {what} (`{name}`) | {cells} | {kept} |")
    lines += ["", "## All", "", f"| what | {heads} |", "|---|" + "---:|---:|---:|" * len(sizes)]
    for name in order:
        cells = " | ".join(
            f"{took.ms:.1f} | {took.statements} | {took.rows:,}"
            for took in (one[name] for one in found)
        )
        lines.append(f"| {f'**`{name}`**' if name in slowest else f'`{name}`'} | {cells} |")
    return "\n".join(lines) + "\n"


async def _run(sizes: list[float], on: str, keep: Path | None) -> str:
    found = []
    with TemporaryDirectory(prefix="affiliate-desk-sweep-") as folder:
        lab = Lab(Path(folder))
        for size in sizes:
            if keep is not None:
                url = f"sqlite+aiosqlite:///{keep}/p{size:g}.db"
            else:
                url = lab.sqlite() if on == "sqlite" else await lab.postgresql()
            found.append(await _measured(url, size))
    return table(sizes, found, "SQLite" if on == "sqlite" else "PostgreSQL")


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(prog="bench.sweep", description=__doc__)
    parser.add_argument("--percent", type=float, nargs="+", default=[1, 10, 100])
    parser.add_argument("--on", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--keep", type=Path, help="a folder whose SQLite files are used again")
    parser.add_argument("--output", type=Path, default=FILE)
    wanted = parser.parse_args()
    page = asyncio.run(_run(wanted.percent, wanted.on, wanted.keep))
    wanted.output.write_text(page)
    print(f"Written to {wanted.output}.")  # noqa: T201 - a command line


if __name__ == "__main__":
    main()
