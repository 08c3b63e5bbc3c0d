"""`audit verify`: prove that nobody touched the audit log."""

import argparse
import sys

from commands.arguments import Commands, on_database
from desk import Desk
from domain import audit
from domain.audit import Actor


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("audit", help="prove that nobody touched the audit log")
    found.add_argument("what", choices=["verify"])
    found.set_defaults(run=on_database(_run))


async def _run(desk: Desk, _arguments: argparse.Namespace, _actor: Actor) -> int:
    async with desk.db.read() as session:
        broken = await audit.first_broken_line(session)
    if broken is None:
        print("The audit log is whole.")
        return 0
    print(f"The audit log was touched: line {broken} does not fit.", file=sys.stderr)
    return 1
