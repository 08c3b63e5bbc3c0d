"""Where a request's processor time goes: `python -m bench.profile webhooks | clicks`.

Processor time instead of a rate: it says the same whatever else the machine does. The server runs
in this process, first bare and then with all that a request goes through; a second pass times the
functions of the event loop, and so makes all of them slower.
"""

import argparse
import cProfile
import os
import pstats
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import uvloop
from aiohttp import web
from rich.console import Console
from rich.table import Table

from bench.lab import Lab
from bench.load import WARM_UP
from bench.servers import SERVERS

_COUNT: Final = 20_000
_SHOWN: Final = 30
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time of the server for a request, in µs; `beside` the event loop work threads."""

    all: float
    beside: float


def main() -> None:
    """Measure on SQLite, or on PostgreSQL where asked, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("maker", choices=("webhooks", "clicks"))
    parser.add_argument("--quick", action="store_true", help="a tenth of the requests")
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    wanted = parser.parse_args()
    uvloop.run(_measure(wanted.maker, quick=wanted.quick, postgresql=wanted.postgresql))


async def _measure(maker: str, *, quick: bool, postgresql: bool) -> None:
    with TemporaryDirectory(prefix="affiliate-desk-profile-") as folder:
        lab = Lab(Path(folder), quick=quick)
        os.environ["DATABASE_URL"] = await lab.postgresql() if postgresql else lab.sqlite()
        profile = cProfile.Profile(time.thread_time)
        async with _serving("bare") as port:
            bare = await _cost(lab, port, maker)
        async with _serving("product") as port:
            ours = await _cost(lab, port, maker)
            profile.enable()
            await _cost(lab, port, maker)
            profile.disable()
    _show(bare, ours, pstats.Stats(profile), lab.count(_COUNT) + WARM_UP)


@asynccontextmanager
async def _serving(name: str) -> AsyncIterator[int]:
    runner = web.AppRunner(await SERVERS[name](), access_log=None, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _cost(lab: Lab, port: int, maker: str) -> Cost:
    count = lab.count(_COUNT)
    everything, here = time.process_time(), time.thread_time()
    loaded = await lab.load(port, maker, count)
    everything, here = time.process_time() - everything, time.thread_time() - here
    strange = {status: many for status, many in loaded.statuses.items() if status[0] not in "23"}
    if strange:
        raise RuntimeError(f"The server refused what it should take: {strange}")
    each = _US / (count + WARM_UP)
    return Cost(everything * each, (everything - here) * each)


def _show(bare: Cost, ours: Cost, stats: pstats.Stats, requests: int) -> None:
    console = Console()
    console.print(
        f"{ours.all:.0f} µs of processor time a request, {ours.beside:.0f} of them beside the "
        f"event loop. The bare handler takes {bare.all:.0f} µs: {bare.all / ours.all:.0%} of ours."
    )
    table = Table("µs of its own", "calls", "function", title="Of a request, while it is counted")
    rows = stats.get_stats_profile().func_profiles
    for name, row in sorted(rows.items(), key=lambda each: -each[1].tottime)[:_SHOWN]:
        place = "" if row.file_name == "~" else f"  {'/'.join(Path(row.file_name).parts[-2:])}"
        calls = int(str(row.ncalls).split("/")[0]) / requests
        table.add_row(f"{row.tottime / requests * _US:.1f}", f"{calls:.2f}", f"{name}{place}")
    console.print(table)


if __name__ == "__main__":
    main()
