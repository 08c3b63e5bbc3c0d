"""`rollups`: are the sums by source what the raw rows come to; build them anew if asked to."""

import argparse

from commands.arguments import Commands, on_database
from desk import Desk
from domain.audit import Actor, record
from storage import raw_sums
from storage.db import Database


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("rollups", help="check the sums of clicks and earnings by source")
    found.add_argument("--rebuild", action="store_true", help="build them anew from the raw rows")
    found.set_defaults(run=on_database(_run))


async def _run(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    print(await rollups(desk.db, actor, rebuild=arguments.rebuild))
    return 0


async def rollups(db: Database, actor: Actor, *, rebuild: bool) -> str:
    """Compare, and rebuild if told to; returns what there is to say.

    Clicks and sales wait while the rollups are built.
    """
    async with db.read() as session:
        wrong = await raw_sums.differences(session)
    if not rebuild:
        if not wrong:
            return "Every rollup is what its rows come to."
        return f"{wrong} rollups are not what their rows come to. Run this again with --rebuild."
    async with db.transaction() as session:
        await raw_sums.rebuild(session)
        await record(session, actor, "rollups.rebuilt", "rollups", wrong=wrong)
    return f"The rollups were built anew; {wrong} were wrong."
