"""`migrate`: bring the database to the present shape."""

import argparse

from commands.arguments import Commands, on_database
from desk import Desk
from domain.audit import Actor


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("migrate", help="bring the database to the present shape")
    found.set_defaults(run=on_database(_run))


async def _run(_desk: Desk, _arguments: argparse.Namespace, _actor: Actor) -> int:
    print("The database is in shape.")
    return 0
