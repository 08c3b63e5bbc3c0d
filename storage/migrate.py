"""Bring the database to the present shape; safe to run from several processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.db import Database

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_305_511  # PostgreSQL's advisory lock for "somebody migrates"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, bound to an open connection."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.attributes["connection"] = connection
    return made


async def upgrade(db: Database) -> None:
    """Run every migration that the database has not seen, in one transaction.

    Raises `DatabaseError` if there is no way in.
    """
    await db.require_answer()
    async with db.engine.begin() as connection:
        if not db.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        await connection.run_sync(lambda sync: command.upgrade(config(sync), "head"))


async def is_current(db: Database) -> bool:
    """Whether no migration is missing."""

    def check(connection: Connection) -> bool:
        have = MigrationContext.configure(connection).get_current_heads()
        return set(have) == set(ScriptDirectory.from_config(config()).get_heads())

    async with db.engine.connect() as connection:
        return await connection.run_sync(check)
