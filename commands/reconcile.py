"""`reconcile`: compare the sales with Stripe from a chosen date, and repair them."""

import argparse
from datetime import datetime

import clock
import scheduled.reconcile
from commands import bars
from commands.arguments import Commands, day, on_database
from desk import Desk
from domain.audit import Actor
from domain.errors import InvalidError


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("reconcile", help="compare the sales with Stripe and repair them")
    found.add_argument("--since", type=day, help="a date, as 2026-11-01; by default 35 days ago")
    found.set_defaults(run=on_database(_run))


async def _run(desk: Desk, arguments: argparse.Namespace, _actor: Actor) -> int:
    print(await reconcile(desk, arguments.since))
    return 0


async def reconcile(desk: Desk, since: datetime | None) -> str:
    """Reconcile, with a progress bar on standard error; returns the summary.

    Raises `InvalidError` where Stripe is not connected, and `TransportError` where it fails.
    """
    if desk.services.stripe is None:
        raise InvalidError("Stripe is not connected: set STRIPE_API_KEY.")
    begin = since or clock.now() - scheduled.reconcile.LOOK_BACK
    with bars.counting() as bar:
        task = bar.add_task("Reconciling", total=None)
        summary = await scheduled.reconcile.reconcile(
            desk.db,
            desk.services.stripe,
            begin,
            lambda done, of: bar.update(task, completed=done, total=of),
        )
    return summary.text()
