"""The program, started without loading it anew, which takes longer than most tests.

What a fork has that a fresh process has not is that its modules are loaded. Whether each command
loads what it needs is tested in `tests/commands/test_help.py`, and `test_serve.py` beside it starts
servers as people do.
"""

import asyncio
import atexit
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.server import Process, Server


class Nursery:
    """The process that forks (`tests/nursery.py`). One serves a whole test process."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("nursery.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        atexit.register(self.close)

    def ask(self, **order: Any) -> Any:
        """What it answers to an order, which it does at once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that forks servers has ended"
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Child:
    """A forked process, with what `Server` wants of one."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._status: int | None = None

    @property
    def returncode(self) -> int | None:
        """Its exit status once it has ended, or the signal's number with a minus."""
        if self._status is None:
            self._status = self._nursery.ask(ended=self.pid)
        return self._status

    def send_signal(self, sign: int, /) -> None:
        """Signal it, unless it is gone."""
        if self.returncode is None:
            os.kill(self.pid, sign)

    async def wait(self) -> int:
        """Wait for its end; its exit status."""
        while (status := self.returncode) is None:
            await asyncio.sleep(0.005)
        return status


def fork(
    *arguments: str, environment: Mapping[str, str], folder: Path, out: Path, err: Path
) -> Child:
    """Start `affiliate-desk` in a folder; what it says is added to two files.

    Only the first one of a test process waits for the program to load.
    """
    nursery = _nursery()
    order = {
        "arguments": arguments,
        "environment": dict(environment),
        "folder": str(folder),
        "out": str(out),
        "err": str(err),
    }
    return Child(nursery, nursery.ask(start=order))


async def run(
    *arguments: str, environment: Mapping[str, str], folder: Path
) -> tuple[int, str, str]:
    """Run `affiliate-desk` to its end: its exit status, output and errors."""
    with TemporaryDirectory() as said:
        out, err = Path(said, "out"), Path(said, "err")
        child = fork(*arguments, environment=environment, folder=folder, out=out, err=err)
        status = await child.wait()
        return status, out.read_text(), err.read_text()  # noqa: ASYNC240 - a few lines


class ForkedServer(Server):
    """A server that is forked."""

    async def begin(self) -> Process:
        """Fork it."""
        log = self._log
        return fork(
            *self._arguments, environment=self._environment, folder=log.parent, out=log, err=log
        )


@cache
def _nursery() -> Nursery:
    return Nursery()
