"""Servers that start in a tenth of the time, so that hundreds of them can be killed.

A process loads the whole program once and then forks: each child is the command `serve` from its
first line on, in its own environment and folder. What a fork has that a fresh process has not is
that modules are loaded already.

Run as a script it is that process. It is told what to do by lines of JSON, and answers each by one.
"""

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.server import MAIN, Process, Server

_PACKAGES = (
    *("bot", "commands", "dashboard", "domain", "integrations"),
    *("outbox", "scheduled", "storage", "webhooks"),
)
_STARTED_ELSEWHERE = ("migrations", "sandbox")


class Nursery:
    """The process that forks; it ends with whoever opened it."""

    def __init__(self) -> None:
        """Load the program; takes some seconds."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=MAIN.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ask(ready=True)

    def ask(self, **order: Any) -> Any:
        """What it answers to an order, which it does at once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the nursery has ended"
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Child:
    """A forked server, with what `Server` wants of a process."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def send_signal(self, sign: int, /) -> None:
        """Signal it, unless it is gone."""
        if self.returncode is None:
            os.kill(self.pid, sign)

    async def wait(self) -> int:
        """Wait for its end; its exit status, or the signal's number with a minus."""
        if self.returncode is None:
            self.returncode = int(self._nursery.ask(wait=self.pid))
        return self.returncode


class ForkedServer(Server):
    """A server that a nursery starts."""

    nursery: Nursery

    async def begin(self) -> Process:
        """Fork it."""
        order = {
            "environment": self._environment,
            "folder": str(self._log.parent),
            "log": str(self._log),
            "arguments": self._arguments,
        }
        return Child(self.nursery, self.nursery.ask(start=order))


def _load() -> None:
    for package in _PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            if not any(part in found.name for part in _STARTED_ELSEWHERE):
                importlib.import_module(found.name)
    for name in ("main", "desk", "uvloop", "alembic.command", "asyncpg", "aiosqlite"):
        importlib.import_module(name)


def _start(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(ours, theirs)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = [str(MAIN), *order["arguments"]]
    try:
        importlib.import_module("main").main()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else int(bool(end.code)))
    finally:
        os._exit(1)


def _serve() -> None:
    _load()
    for line in sys.stdin:
        order = json.loads(line)
        answer: object = True
        if "start" in order:
            answer = _start(order["start"])
        elif "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        print(json.dumps(answer), flush=True)  # noqa: T201 - its answer


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    _serve()
