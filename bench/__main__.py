"""`python -m bench`: measure what we owe, each beside its floor in the same run.

Nothing else should run meanwhile. `--quick` measures with a tenth, to try the bench itself, and
`--only NAME` some of it; both print and write no results.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.progress import Progress

import clock
from bench import report
from bench.figures import Figure
from bench.lab import Lab
from bench.rows import ledger, peers, reading, redirects, slack, starting, verifying, webhooks

Measure = Callable[[Lab], Awaitable[list[Figure]]]

ROWS: Final[dict[str, Measure]] = {
    "verifying": verifying.measure,
    "webhooks": webhooks.measure,
    "ledger": ledger.measure,
    "backlog": ledger.backlog,
    "peers": peers.measure,
    "slack": slack.measure,
    "redirects": redirects.measure,
    "starting": starting.measure,
    "reading": reading.measure,
}


def main() -> None:
    """Measure, print, and write the results of a whole run."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="with a tenth of everything")
    parser.add_argument("--only", choices=ROWS, nargs="+", help="just these")
    wanted = parser.parse_args()
    figures = asyncio.run(_measure(wanted.only or list(ROWS), quick=wanted.quick))
    report.show(figures)
    if not (wanted.quick or wanted.only):
        file = report.write(figures, clock.now().date())
        print(f"Written to {file}.")  # noqa: T201 - a command line


async def _measure(names: Sequence[str], *, quick: bool) -> list[Figure]:
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="affiliate-desk-bench-") as folder, Progress() as progress:
        lab, task = Lab(Path(folder), quick=quick), progress.add_task("", total=len(names))
        lab.say = lambda what: progress.update(task, description=what)
        for name in names:
            lab.say(name)
            try:
                figures += await ROWS[name](lab)
            except (OSError, RuntimeError, TimeoutError) as error:
                progress.console.print(f"{name}: {error!r}", style="red")
                note = f"could not be measured: {error or type(error).__name__}"
                figures.append(
                    Figure(work=name, ours="-", floor="-", share=None, owed=1, note=note)
                )
            progress.advance(task)
    return figures


if __name__ == "__main__":
    main()
