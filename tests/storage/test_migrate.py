import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage import migrate
from storage.db import Database
from storage.tables import METADATA


async def test_migrations_give_the_shape_that_the_code_declares(db: Database) -> None:
    """Nothing in the code's tables is missing from a migrated database, nor the reverse."""
    async with db.engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True}), METADATA
            )
        )
    assert differences == []
    assert await migrate.is_current(db)


async def test_several_processes_may_migrate_at_the_same_moment(database_url: str) -> None:
    """A rolling start of several servers leaves one whole schema and no error."""
    databases = [Database(database_url) for _ in range(3)]
    await asyncio.gather(*(migrate.upgrade(database) for database in databases))
    assert await migrate.is_current(databases[0])
    for database in databases:
        await database.close()
