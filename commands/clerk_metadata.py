"""`clerk-metadata`: set the status in somebody's Clerk metadata by hand, dry unless applied."""

import argparse
import json
from typing import Any

import clock
from commands.arguments import Commands, on_database
from desk import Desk
from domain.audit import Actor, record
from domain.emails import email_key
from domain.errors import InvalidError, NotFoundError
from domain.statuses import Status, parse_status
from outbox.clerk import metadata, moment, person_of


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("clerk-metadata", help="set a status in Clerk by hand")
    found.add_argument("--email", required=True)
    found.add_argument("--status", required=True)
    found.add_argument("--apply", action="store_true", help="really change it")
    found.set_defaults(run=on_database(_run))


async def _run(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    """Describe the exact change, and make it if told to apply it.

    Raises `InvalidError`, `NotFoundError`, and `TransportError` where Clerk fails.
    """
    email, status_text = arguments.email, arguments.status
    status = parse_status(status_text)
    if status is None:
        words = ", ".join(Status)
        raise InvalidError(f"{status_text} is no status. These are: {words}.")
    if desk.services.clerk is None:
        raise InvalidError("Clerk is not connected: set CLERK_SECRET_KEY.")
    user = await desk.services.clerk.find_user_by_email(email)
    if user is None:
        raise NotFoundError(f"Clerk has no user with the verified address {email}.")
    async with desk.db.read() as session:
        person = await person_of(session, email_key(email))
    wanted = metadata(person) | {"status": status.value}
    if status == Status.PENDING and person.application is None:
        wanted["applicationSubmittedAt"] = moment(clock.now())
    namespace = desk.settings.clerk_namespace
    before = user.private_metadata.get(namespace, {}).get("affiliate", {})
    if arguments.apply:
        patch = {namespace: {"affiliate": wanted}}
        await desk.services.clerk.merge_private_metadata(user.id, patch)
        async with desk.db.transaction() as session:
            await record(session, actor, "directory.changed", f"clerk:{user.id}", changes=wanted)
    lines = [f"{user.id} ({email}), private_metadata.{namespace}.affiliate:"]
    lines += _changes(before, wanted)
    lines.append(
        "Applied." if arguments.apply else "Nothing was changed. Add --apply to apply this."
    )
    print("\n".join(lines))
    return 0


def _changes(before: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    lines = []
    for key, value in wanted.items():
        was, becomes = json.dumps(before.get(key)), json.dumps(value)
        if was != becomes:
            lines.append(f"  {key}: {was} -> {becomes}")
    return lines or ["  no change"]
