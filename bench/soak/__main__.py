"""`python -m bench.soak`: a whole server under a steady mix for half an hour, and what grew.

Nothing else should run meanwhile. Exits 1 where something was not right, and writes `bench/SOAK.md`
unless it ran for less than ten minutes.
"""

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import aiohttp
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

import clock
from bench.lab import Lab
from bench.requests import STRIPE_SECRET
from bench.soak import books, report
from bench.soak.mix import Mix
from bench.soak.watch import Sample, Watch
from sandbox.stand_ins import StandIns
from storage import migrate
from storage.db import Database

_ROOT: Final = Path(__file__).parents[2]
_SERIOUS: Final = 10.0
"""Minutes: a shorter run is a try, and is not written down."""
_DRAIN_S: Final = 300.0
_READY_S: Final = 180.0
_STUCK: Final = "The server ended by itself, or did not become ready: see its log, {}."


def main() -> None:
    """Soak, print, and write the report."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=500, help="requests a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--database", default="sqlite", help="sqlite, postgresql, or the URL of an empty one"
    )
    wanted = parser.parse_args()
    with TemporaryDirectory(prefix="affiliate-desk-soak-") as folder:
        soaked = asyncio.run(_soak(Path(folder), wanted))
    text = report.text(soaked, clock.now().date())
    print(text)  # noqa: T201 - a command line
    if wanted.minutes >= _SERIOUS:
        report.FILE.write_text(text, encoding="utf-8")
    sys.exit(1 if soaked.problems or soaked.is_flat is False else 0)


async def _soak(folder: Path, wanted: argparse.Namespace) -> report.Soaked:
    url = wanted.database
    if url in {"sqlite", "postgresql"}:
        lab = Lab(folder)
        url = lab.sqlite() if url == "sqlite" else await lab.postgresql()
    db = Database(url)
    await migrate.upgrade(db)
    cookies, keys = await books.prepare(db)
    ports = [_free_port() for _ in range(2)]
    desk, outside = (f"http://127.0.0.1:{port}" for port in ports)
    environment = _environment(url, ports[0], outside, desk)
    async with (
        _running("-m", "bench.soak.outside", str(ports[1]), desk, log=folder / "outside.log"),
        _running("main.py", "serve", log=folder / "server.log", environment=environment) as server,
    ):
        await _ready(desk, server, folder / "server.log")
        mix = Mix(desk, outside, cookies, keys, wanted.seed)
        watch = Watch(desk, server.pid, db, mix.said)
        seconds = 60 * wanted.minutes
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
        ) as shown:
            bar = shown.add_task("soaking", total=seconds)

            def told(sample: Sample) -> None:
                shown.update(
                    bar,
                    completed=min(sample.at, seconds),
                    description=f"{sample.rss:.0f} MB, inbox {sample.inbox:,}",
                )

            watching = asyncio.create_task(watch.run(told))
            await mix.run(wanted.rate, seconds)
            ended = time.monotonic()
            problems = await _drain(db, ended + _DRAIN_S)
            drained_s = time.monotonic() - ended
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        server.send_signal(signal.SIGTERM)
        if (status := await server.wait()) != 0:
            problems.append(f"The server stopped with {status}.")
    problems += await books.problems(db, mix.said, mix.refunded)
    kind = "SQLite" if db.is_sqlite else "PostgreSQL"
    await db.close()
    answers = Counter[str]()
    for (name, _), count in mix.said.answers.items():
        answers[name] += count
    return report.Soaked(
        kind,
        wanted.minutes,
        wanted.rate,
        wanted.seed,
        watch.samples,
        dict(answers),
        mix.said.late,
        drained_s,
        problems,
    )


def _environment(url: str, port: int, outside: str, desk: str) -> dict[str, str]:
    others = StandIns(url=outside, desk_url=desk).settings()
    kept = ("slack_", "tally_signing", "resend_", "mail_from", "product_name", "secret_key")
    told = {
        name.upper(): ",".join(value) if isinstance(value, frozenset) else str(value)
        for name, value in others.items()
        if name.startswith(kept) and value
    }
    return told | {
        "DATABASE_URL": url,
        "PORT": str(port),
        "PUBLIC_URL": desk,
        "PRODUCT_URL": "https://product.example",
        "STRIPE_API_KEY": "sk_test_soak",
        "STRIPE_API_URL": outside,
        "STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
        "STRIPE_READS_PER_SECOND": "1000",
        "FETCH_PAGES": "false",
    }


@asynccontextmanager
async def _running(
    *command: str, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=_ROOT,
            env=os.environ | dict(environment or {}),
            stdout=file,
            stderr=file,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _ready(url: str, server: asyncio.subprocess.Process, log: Path) -> None:
    """Wait until the server is. Raises `RuntimeError` where it does not become so."""
    until = time.monotonic() + _READY_S
    async with aiohttp.ClientSession() as client:
        while time.monotonic() < until and server.returncode is None:
            try:
                async with client.get(f"{url}/readyz") as answer:
                    if answer.status == 200:  # noqa: PLR2004 - ready
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
    raise RuntimeError(_STUCK.format(_end_of(log)))


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


async def _drain(db: Database, until: float) -> list[str]:
    """Wait until nothing wants work; a sentence where that takes too long."""
    while time.monotonic() < until:
        if not await books.left(db):
            return []
        await asyncio.sleep(0.5)
    return await books.left(db)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
