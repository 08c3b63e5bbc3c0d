"""Which code the database takes: the oldest is written in it, for servers that it outgrows.

A code is named by the last migration that it knows. While servers are replaced one after another,
those that are left find migrations that they do not know; whether they may go on is said here by
whoever migrated. Servers on PostgreSQL tell their own code as the name of their connections.
"""

from enum import Enum
from typing import Final

from sqlalchemy import Connection, delete, insert, inspect, text
from sqlmodel import Field, SQLModel, select

from storage.db import Database
from storage.revisions import NAME, revisions

_OTHERS: Final = text(
    "SELECT DISTINCT split_part(application_name, ' ', 2) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE :ours"
)


class OldestCode(SQLModel, table=True):
    """One row: the last migration that a server has to know to work on this database."""

    __tablename__ = "oldest_code"

    revision: str = Field(primary_key=True)


class Standing(Enum):
    """How the database stands to this code."""

    BEHIND = "a migration is missing"
    CURRENT = "current"
    AHEAD = "ahead"
    """Newer, and made to be worked with by this code as well."""
    TOO_NEW = "a newer release has changed the database, and this one can no longer work with it"


def standing(connection: Connection) -> Standing:
    """How a database stands."""
    have = revision_of(connection)
    if have == revisions()[-1]:
        return Standing.CURRENT
    if have is None or have in revisions():
        return Standing.BEHIND
    oldest = connection.scalar(select(OldestCode.revision))
    return Standing.AHEAD if oldest in revisions() else Standing.TOO_NEW


def revision_of(connection: Connection) -> str | None:
    """The last migration that a database has seen; None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def standing_of(db: Database) -> Standing:
    """The same, over a connection of its own."""
    async with db.engine.connect() as connection:
        return await connection.run_sync(standing)


def require(connection: Connection, revision: str) -> None:
    """Write down that from now on only code that knows this migration may work here."""
    connection.execute(delete(OldestCode))
    connection.execute(insert(OldestCode).values(revision=revision))


def others(connection: Connection) -> set[str]:
    """By which code somebody is connected just now, as far as PostgreSQL can tell."""
    return set(connection.scalars(_OTHERS, {"ours": f"{NAME} %"}))
