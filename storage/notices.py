"""Notices: hints that reach every server of a database once something is committed.

A notice is a topic of `Database.listen`, as `announce` has it, and nothing else. On PostgreSQL
it is sent with the commit by NOTIFY, and each server hears it on one connection of its own; on
SQLite there is one server, which tells itself. Whoever is told looks at the rows: notices can
be lost while the connection is away, and then every listener is told, to be sure.
"""

import asyncio
import contextlib
import random

import asyncpg
import structlog
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.db import Database, announce

CHANNEL = "affiliate_desk"
CONNECT_S = 5.0
ANSWER_S = 10.0
LOOK_S = 30.0
"""Seconds of silence after which the connection is tried: a broken one is silent, too."""
LONGEST_WAIT_S = 30.0

_log = structlog.get_logger("notices")


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
            self._task = asyncio.create_task(self._run(), name="notices")

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                await self._hear()
                failures = 0
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                failures += 1
                _log.warning("cannot hear other servers", error=repr(error))
            wait = min(0.5 * 2.0**failures, LONGEST_WAIT_S)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - spread, not secrecy

    async def _hear(self) -> None:
        """Listen until the connection breaks; raises if there is none to be had."""
        connection = await asyncpg.connect(
            **self._db.driver_options(), timeout=CONNECT_S, command_timeout=ANSWER_S
        )
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            self.hearing.set()
            # Something may have been announced while nobody listened.
            self._db.tell(self._db.topics())
            while not lost.is_set():
                try:
                    await asyncio.wait_for(lost.wait(), LOOK_S)
                except TimeoutError:
                    await connection.execute("SELECT 1")
            _log.warning("the connection for notices broke")
        finally:
            self.hearing.clear()
            connection.terminate()

    def _heard(self, _connection: object, _pid: int, _channel: str, topic: object) -> None:
        self._db.tell([str(topic)])
