"""What is seen of a server every ten seconds, and whether it grows."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
from sqlalchemy import text

from bench.soak.mix import Said
from storage.db import Database

EVERY_S: Final = 10.0
_LOOK_S: Final = 0.25
_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. `at` is in seconds since the beginning, sizes in MB, waits in milliseconds.

    `loop_ms` is the longest that the event loop kept a request waiting that needs nothing else, and
    `cpu` the part of one core that the server used; `inbox` and `outbox` are rows that want work.
    """

    at: float
    rss: float
    files: int
    threads: int
    cpu: float
    inbox: int
    outbox: int
    loop_ms: float
    p99_ms: float
    wal: float
    database: float
    sent: int


class Watch:
    """Looks at the process `pid`, which serves at `url`, on `db`."""

    def __init__(self, url: str, pid: int, db: Database, said: Said) -> None:
        self.samples: list[Sample] = []
        self._url, self._db, self._said = url, db, said
        self._proc = Path(f"/proc/{pid}")
        self._slowest = 0.0
        self._wal_begun = 0
        self._cpu = 0.0

    async def run(self, told: Callable[[Sample], None]) -> None:
        """Look until it is cancelled; `told` hears of each sample."""
        begun = last = time.monotonic()
        self._wal_begun, self._cpu, seen = await self._wal(), self._seconds(), 0
        async with aiohttp.ClientSession() as client:
            while True:
                await asyncio.sleep(_LOOK_S)
                asked = time.monotonic()
                async with client.get(f"{self._url}/healthz") as answer:
                    await answer.read()
                now = time.monotonic()
                self._slowest = max(self._slowest, now - asked)
                if now - last >= EVERY_S:
                    sample = await self._look(client, now - begun, now - last, seen)
                    self.samples.append(sample)
                    told(sample)
                    last, seen, self._slowest = now, len(self._said.waits), 0.0

    async def _look(
        self, client: aiohttp.ClientSession, at: float, since: float, seen: int
    ) -> Sample:
        waits = sorted(self._said.waits[seen:]) or [0.0]
        used, self._cpu = self._seconds() - self._cpu, self._seconds()
        async with client.get(f"{self._url}/metrics") as answer:
            metrics = await answer.text()
        return Sample(
            at=at,
            rss=_status(self._proc, "VmRSS") / 1024,
            files=sum(1 for _ in (self._proc / "fd").iterdir()),
            threads=_status(self._proc, "Threads"),
            cpu=used / since,
            inbox=_open(metrics, "inbox"),
            outbox=_open(metrics, "outbox"),
            loop_ms=1000 * self._slowest,
            p99_ms=1000 * waits[int(len(waits) * 0.99)],
            wal=(await self._wal() - self._wal_begun) / _MB,
            database=await self._size() / _MB,
            sent=len(self._said.waits),
        )

    def _seconds(self) -> float:
        """The processor time of the server, in seconds."""
        fields = (self._proc / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def _wal(self) -> int:
        """Bytes: of the log beside the file on SQLite; written since ever on PostgreSQL."""
        if self._db.is_sqlite:
            return _bytes(f"{self._db.url.database}-wal")
        return await self._ask("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")

    async def _size(self) -> int:
        if self._db.is_sqlite:
            return _bytes(self._db.url.database or "")
        return await self._ask("SELECT pg_database_size(current_database())")

    async def _ask(self, statement: str) -> int:
        async with self._db.read() as session:
            return int((await (await session.connection()).execute(text(statement))).scalar_one())


def _status(proc: Path, name: str) -> int:
    lines = (proc / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


def _bytes(name: str) -> int:
    file = Path(name)
    return file.stat().st_size if file.exists() else 0


def _open(metrics: str, table: str) -> int:
    start = f'affiliate_desk_work_open{{table="{table}"}} '
    found = [line for line in metrics.splitlines() if line.startswith(start)]
    return int(float(found[0].removeprefix(start))) if found else -1


def slope(samples: list[Sample], of: Callable[[Sample], float]) -> tuple[float, float]:
    """By how much a figure grows an hour, after a third of the time, and the error of that.

    The error is twice the standard error of the slope.
    """
    rest = [one for one in samples if one.at >= samples[-1].at / 3] if samples else []
    if len(rest) < 3:  # noqa: PLR2004 - a line through two is always straight
        return 0.0, float("inf")
    xs, ys = [one.at / 3600 for one in rest], [of(one) for one in rest]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    grows = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread
    rests = [y - middle_y - grows * (x - middle_x) for x, y in zip(xs, ys, strict=True)]
    error = (sum(one**2 for one in rests) / (len(xs) - 2) / spread) ** 0.5
    return grows, 2 * error
