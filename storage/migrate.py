"""Whether the database has the shape that this code needs, and bringing it there."""

from storage import schema
from storage.db import Database
from storage.errors import DatabaseError
from storage.revisions import revisions
from storage.schema import Standing


async def upgrade(db: Database) -> None:
    """Run every migration that the database has not seen, unless it is ahead of this code.

    Raises `DatabaseError` if there is no way in, if the database is of a newer release that this
    one cannot work with, or if servers run that could not work with it any more.
    """
    await require_fit(db, behind=True)
    if await schema.standing_of(db) is not Standing.BEHIND:
        return
    # Alembic is large, and most starts find nothing to do.
    from storage.migrating import run_missing  # noqa: PLC0415

    await run_missing(db)


async def is_current(db: Database) -> bool:
    """Whether no migration is missing, and none is unknown."""
    return await schema.standing_of(db) is Standing.CURRENT


async def require_fit(db: Database, *, behind: bool = False) -> None:
    """Raise `DatabaseError` in words unless this code can work on the database.

    `behind` says whether it is fit where migrations are missing.
    """
    await db.require_answer()
    found = await schema.standing_of(db)
    if found is Standing.TOO_NEW:
        raise DatabaseError(
            "The database was changed by a newer release, and this one can no longer work with "
            f"it: it knows migrations up to {revisions()[-1]}. Start the newer release."
        )
    if found is Standing.BEHIND and not behind:
        raise DatabaseError(
            "The database is older than this release. Run `affiliate-desk migrate` first, or set "
            "MIGRATE_AT_START=true."
        )
