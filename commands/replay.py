"""`replay`: put a parked event or effect back to work."""

import argparse
from uuid import UUID

from sqlmodel import select

from commands.arguments import Commands, on_database
from desk import Desk
from domain.audit import Actor, record
from domain.errors import ConflictError, NotFoundError
from storage import moving, work
from storage.db import Database
from storage.inbox import InboxEvent
from storage.outbox import Effect

MOVED = "moved"
"""In place of an id: everything that was set aside when the program moved here."""


def add(commands: Commands) -> None:
    """Have the command line know it."""
    found = commands.add_parser("replay", help="put a parked event or effect back to work")
    found.add_argument("event", help="its id, as /affiliate health shows it; or moved")
    found.set_defaults(run=on_database(_run))


async def _run(desk: Desk, arguments: argparse.Namespace, actor: Actor) -> int:
    print(await replay(desk.db, arguments.event, actor))
    return 0


async def replay(db: Database, name: str, actor: Actor) -> str:
    """Replay by our id, or by the id that the vendor gave the event; returns what there is to say.

    Raises `NotFoundError`, and `ConflictError` where it is not parked.
    """
    if name == MOVED:
        return await _take_up(db, actor)
    async with db.transaction() as session:
        found: InboxEvent | Effect | None
        try:
            key = UUID(name)
        except ValueError:
            query = select(InboxEvent).where(InboxEvent.external_id == name)
            found = (await session.exec(query)).first()
        else:
            found = await session.get(Effect, key) or await session.get(InboxEvent, key)
        if found is None:
            raise NotFoundError(f"There is no event or effect {name}.")
        if not await work.replay(session, type(found), found.id):
            state = "was handled already" if found.handled_at else "is still being tried"
            raise ConflictError(f"{found.kind} {name} {state}: nothing to replay.")
        await record(session, actor, "work.replayed", f"work:{found.id}", kind=found.kind)
        return f"{found.kind} is back at work."


async def _take_up(db: Database, actor: Actor) -> str:
    async with db.transaction() as session:
        taken = await moving.take_up(session)
        await record(session, actor, "work.taken_up", "work", taken=taken)
    return f"Pieces of work that are back at work: {taken}."
