"""Migrations at work; safe to run from several processes at once.

On PostgreSQL servers of the release before go on working meanwhile. So each migration is a
transaction of its own, and none keeps them waiting for a lock: one that it does not get within
seconds is asked for again later, as everybody else would queue up behind it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage import schema
from storage.db import Database
from storage.errors import DatabaseError
from storage.migrations.online import PATIENCE_MS
from storage.revisions import VERSIONS
from storage.schema import Standing

_LOCK: Final = 7_305_511
"""PostgreSQL's advisory lock for "somebody migrates"."""
_PATIENCE: Final = text("SELECT set_config('lock_timeout', :limit, false)")
_TURN_S: Final = 0.1
_TRIES: Final = 60
_APART_S: Final = 1.0
_NO_LOCK: Final = "55P03"
_log = structlog.get_logger("migrate")


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, bound to an open connection."""
    made = Config()
    made.set_main_option("script_location", str(VERSIONS[0].parent))
    made.set_main_option("path_separator", "newline")
    made.set_main_option("version_locations", "\n".join(map(str, VERSIONS)))
    made.attributes["connection"] = connection
    return made


async def run_missing(db: Database) -> None:
    """Run every migration that the database has not seen.

    Raises `DatabaseError` if servers run that could not work with it any more.
    """
    if db.is_sqlite:
        async with db.engine.begin() as connection:
            await connection.run_sync(_upgrade)
        return
    async with _turn(db):
        if await schema.standing_of(db) is Standing.BEHIND:
            await _upgrade_beside_others(db)


def _upgrade(connection: Connection) -> None:
    command.upgrade(config(connection), "head")


@asynccontextmanager
async def _turn(db: Database) -> AsyncIterator[None]:
    """Be the only one who migrates.

    Nobody waits inside of a statement: an index that is built concurrently waits for whoever is.
    """
    async with db.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        take = text("SELECT pg_try_advisory_lock(:key)")
        while not await connection.scalar(take, {"key": _LOCK}):  # noqa: ASYNC110 - of all processes
            await asyncio.sleep(_TURN_S)
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})


async def _upgrade_beside_others(db: Database) -> None:
    async with db.engine.connect() as connection:
        await connection.run_sync(_require_none_older)
        await connection.commit()
        try:
            for attempt in range(1, _TRIES + 1):
                try:
                    await connection.execute(_PATIENCE, {"limit": str(PATIENCE_MS)})
                    await connection.commit()
                    await connection.run_sync(_upgrade)
                    break
                except DBAPIError as error:
                    await connection.rollback()
                    if getattr(error.orig, "sqlstate", "") != _NO_LOCK or attempt == _TRIES:
                        raise
                    _log.warning("a table is in use; trying again", attempt=attempt)
                    await asyncio.sleep(_APART_S)
        finally:
            await connection.invalidate()  # with its settings


def _require_none_older(connection: Connection) -> None:
    """Refuse to take away what servers use that run just now."""
    have = schema.revision_of(connection)
    oldest = have and needed_after(have)
    older = sorted(code for code in schema.others(connection) if oldest and code < oldest)
    if older:
        raise DatabaseError(
            f"Servers of an older release are running: theirs knows migrations up to {older[0]}, "
            f"and what is to be done here needs such as know {oldest}. Replace them by a release "
            "in between first, or stop them, and start this one again."
        )


def needed_after(have: str) -> str | None:
    """What servers must know once all is done that is missing after `have`; None for no change."""
    scripts = ScriptDirectory.from_config(config())
    missing = scripts.iterate_revisions("head", have)
    return max((one.module.needs for one in missing if hasattr(one.module, "needs")), default=None)
