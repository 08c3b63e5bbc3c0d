"""Affiliate Desk as a process of its own, which tests start, kill and start again."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from pydantic import SecretStr

from settings import Settings
from tests.waiting import until

MAIN = Path(__file__).parents[1] / "main.py"


class Process(Protocol):
    """What is wanted of a process that was started."""

    @property
    def pid(self) -> int:
        """Its id."""

    @property
    def returncode(self) -> int | None:
        """Its exit status, once it has ended."""

    def send_signal(self, sign: int, /) -> None:
        """Signal it."""

    async def wait(self) -> int:
        """Wait for its end; its exit status."""


class Server:
    """An `affiliate-desk` process that serves on `port`, its log in `folder`.

    `program` is the script to run, where it is not the one of this code.
    """

    def __init__(
        self,
        port: int,
        folder: Path,
        *arguments: str,
        settings: Settings | None = None,
        program: Path = MAIN,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._program = program
        self._arguments = arguments
        self._environment = os.environ | dict(as_environment(settings) if settings else ())
        self._log = folder / "server.log"
        self._process: Process | None = None

    async def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        self._process = await self.begin()
        await until(self._is_ready, 180)

    async def begin(self) -> Process:
        """Start it, and wait for nothing."""
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                str(self._program),
                *self._arguments,
                cwd=self._log.parent,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._process is not None
        return self._process.pid

    async def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to stop, and wait for that; its exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, sign: signal.Signals) -> int:
        if self._process is None or self._process.returncode is not None:
            return 0
        self._process.send_signal(sign)
        return await self._process.wait()

    async def _is_ready(self) -> bool:
        process = self._process
        assert process is not None
        assert process.returncode is None, self._log.read_text()
        try:
            async with (
                aiohttp.ClientSession() as client,
                client.get(f"{self.url}/readyz") as answer,
            ):
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return False


def as_environment(settings: Settings) -> Iterable[tuple[str, str]]:
    """The environment variables that say what the settings were told."""
    for name, value in settings.model_dump(exclude_unset=True).items():
        text = _as_text(value)
        if text:
            yield name.upper(), text


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, default=_as_text)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, frozenset | tuple):
        return ",".join(_as_text(item) for item in value)
    return str(value)
