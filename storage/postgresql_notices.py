"""What other servers on PostgreSQL announce, heard on one connection and told to this one."""

import asyncio
import random

import asyncpg
import structlog

from storage.db import Database

CONNECT_S = 5.0
ANSWER_S = 10.0
LOOK_S = 30.0
"""Seconds of silence after which the connection is tried: a broken one is silent, too."""
LONGEST_WAIT_S = 30.0

_log = structlog.get_logger("notices")


async def hear(db: Database, channel: str, hearing: asyncio.Event) -> None:
    """Listen until cancelled, and connect anew as often as it takes; `hearing` is set meanwhile."""
    failures = 0
    while True:
        try:
            await _hear(db, channel, hearing)
            failures = 0
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            failures += 1
            _log.warning("cannot hear other servers", error=repr(error))
        wait = min(0.5 * 2.0**failures, LONGEST_WAIT_S)
        await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - spread, not secrecy


async def _hear(db: Database, channel: str, hearing: asyncio.Event) -> None:
    """Listen until the connection breaks; raises if there is none to be had."""
    connection = await asyncpg.connect(
        **db.driver_options(), timeout=CONNECT_S, command_timeout=ANSWER_S
    )
    lost = asyncio.Event()

    def heard(_connection: object, _pid: int, _channel: str, topic: object) -> None:
        db.tell([str(topic)])

    try:
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(channel, heard)
        hearing.set()
        # Something may have been announced while nobody listened.
        db.tell(db.topics())
        while not lost.is_set():
            try:
                await asyncio.wait_for(lost.wait(), LOOK_S)
            except TimeoutError:
                await connection.execute("SELECT 1")
        _log.warning("the connection for notices broke")
    finally:
        hearing.clear()
        connection.terminate()
