"""What commands share: how they are named on the command line, and what runs them."""

import argparse
import getpass
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias

from desk import Desk
from domain.audit import Actor
from settings import Settings
from storage import migrate

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
Run = Callable[[argparse.Namespace], Coroutine[Any, Any, int]]
"""Carries a command out; returns its exit status."""


def on_database(
    work: Callable[[Desk, argparse.Namespace, Actor], Awaitable[int]], *, migrates: bool = True
) -> Run:
    """What looks or changes something and ends, as whoever is logged in here."""

    async def run(arguments: argparse.Namespace) -> int:
        desk = Desk(Settings())
        try:
            if migrates:
                await migrate.upgrade(desk.db)
            return await work(desk, arguments, Actor(getpass.getuser(), "", "cli"))
        finally:
            await desk.close()

    return run


def day(text: str) -> datetime:
    """The beginning of a day (UTC)."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("a date looks like 2026-11-01") from None
