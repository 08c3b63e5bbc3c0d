"""The inbox at work: receive and acknowledge, then dispatch to the handlers."""

from collections.abc import Iterable
from typing import Final

from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from storage import inbox as rows
from storage.db import Database
from storage.group_commit import GroupCommit
from storage.inbox import Arrival, InboxEvent
from storage.worker import Job, Shares, Worker
from webhooks.outages import outlasted
from webhooks.router import HandlerContext, Router, ignore

CONCURRENCY: Final = 32
"""Events in hand: most wait for Stripe, which takes a fifth of a second for each read."""
_SHARES: Final = Shares[InboxEvent](
    lambda event: event.source,
    lambda sources: col(InboxEvent.source).not_in(sources),
    most=24,
)
"""Where a vendor is silent, its events wait for it, and no other's wait for them."""


class Inbox:
    """Events of every source: stored first, acknowledged then, handled after that."""

    def __init__(self, db: Database, context: HandlerContext, routers: Iterable[Router]) -> None:
        self._writer = GroupCommit(db)
        self._context = context
        self._routers = {router.source: router.handlers for router in routers}
        self._worker = Worker(
            db,
            InboxEvent,
            self._dispatch,
            _tell_parked,
            topic=rows.TOPIC,
            born="received_at",
            concurrency=CONCURRENCY,
            shares=_SHARES,
        )

    async def start(self) -> None:
        """Begin to take in and to handle events."""
        self._writer.start()
        await self._worker.start()

    async def stop(self) -> None:
        """Store what was taken in and finish what was begun."""
        await self._writer.close()
        await self._worker.stop()

    async def receive(self, arrival: Arrival) -> bool:
        """Store an event durably; False if it was received before.

        Raises `storage.group_commit.NotTakenError` when too many wait, or the database is away.
        """
        return await self._writer.insert(rows.INSERT, arrival.row())

    async def _dispatch(self, job: Job[InboxEvent]) -> None:
        handler = self._routers[job.row.source].get(job.row.kind)
        if handler is None:
            await ignore(job)
            return
        with outlasted():
            await handler(job, self._context)


async def _tell_parked(session: AsyncSession, event: InboxEvent, error: str) -> None:
    await effects.tell_operators(
        session,
        f"An event from {event.source} could not be handled and waits for you: {event.kind} "
        f"({event.external_id}). {error} See /affiliate health.",
    )
