"""Notices: hints that reach every server of a database once something is committed.

A notice is a topic of `Database.listen`, as `announce` has it, and nothing else. On PostgreSQL
it is sent with the commit by NOTIFY, and each server hears it on one connection of its own; on
SQLite there is one server, which tells itself. Whoever is told looks at the rows: notices can
be lost while the connection is away, and then every listener is told, to be sure.
"""

import asyncio
import contextlib
from typing import Final

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.db import Database, announce

CHANNEL: Final = "affiliate_desk"


async def announce_everywhere(session: AsyncSession, topic: str) -> None:
    """Have the listeners of `topic` in every server told once this transaction has committed."""
    announce(session, topic)
    if session.get_bind().dialect.name == "postgresql":
        await session.exec(select(func.pg_notify(CHANNEL, topic)))


class Notices:
    """What other servers announce, told to the listeners in this one."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._task: asyncio.Task[None] | None = None
        self.hearing = asyncio.Event()
        """Set while announcements of other servers arrive; on SQLite there are none."""

    def start(self) -> None:
        """Begin to listen; needs the running event loop."""
        if self._db.is_sqlite:
            self.hearing.set()
        else:
            # With it comes a driver that SQLite has no use for.
            from storage.postgresql_notices import hear  # noqa: PLC0415

            told = hear(self._db, CHANNEL, self.hearing)
            self._task = asyncio.create_task(told, name="notices")

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
