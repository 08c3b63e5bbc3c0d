"""The process that `tests.forked` starts programs from: it has loaded the program, and forks.

A child is the command from its first line on, in its own environment and folder. It is told what
to do by lines of JSON, and answers each by one: `start` gives the new process's id, `ended` the
exit status of one, or null while it runs.
"""

import gc
import importlib
import json
import os
import pkgutil
import sys
import threading
from pathlib import Path
from typing import Any, Final

_MAIN: Final = Path(__file__).parents[1] / "main.py"
_PACKAGES: Final = (
    *("bot", "commands", "dashboard", "domain", "imports", "integrations"),
    *("outbox", "sandbox", "scheduled", "storage", "webhooks"),
)
_LATER: Final = ("alembic.command", "alembic.autogenerate", "aiosqlite", "asyncpg", "uvloop")
"""What a server loads when it first needs it."""


def _load() -> None:
    for package in _PACKAGES:
        module = importlib.import_module(package)
        for found in pkgutil.walk_packages(module.__path__, f"{package}."):
            if not found.name.startswith("storage.migrations."):  # Alembic runs these
                importlib.import_module(found.name)
    for name in ("main", *_LATER):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, "a fork would leave the other threads behind"


def _become(order: dict[str, Any]) -> None:
    """Be the program from here on."""
    for name, mode, end in (
        (os.devnull, os.O_RDONLY, 0),
        (order["out"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 1),
        (order["err"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 2),
    ):
        opened = os.open(name, mode)
        os.dup2(opened, end)
        os.close(opened)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = [str(_MAIN), *order["arguments"]]
    importlib.import_module("main").main()


def _answer(order: dict[str, Any]) -> int | None:
    if "start" in order:
        return os.fork()
    pid, status = os.waitpid(order["ended"], os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def _listen() -> None:
    sys.path[0] = str(_MAIN.parent)
    _load()
    for line in sys.stdin:
        order = json.loads(line)
        answer = _answer(order)
        if answer == 0 and "start" in order:
            _become(order["start"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _listen()
