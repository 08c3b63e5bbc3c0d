"""Backups of a PostgreSQL database: an archive of `pg_dump`, put back all of it or nothing."""

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import text

from storage.backups import MARK, Shape, Tick, no_backup
from storage.db import Database
from storage.errors import DatabaseError
from storage.postgresql_tools import Tools, tools
from storage.tables import METADATA

SUFFIX: Final = ".dump"
_PLAIN: Final = ("--no-owner", "--no-privileges")
"""Who may do what is a matter of the server that it is restored on."""
_TABLE: Final = re.compile(r"^\d+; \d+ \d+ TABLE (?!DATA )(\w+) (\w+) ", re.MULTILINE)
_OF_DATA: Final = " TABLE DATA "
_DATA: Final = re.compile(r"^(?:pg_dump: dumping contents|pg_restore: processing data)")
_COPIED: Final = re.compile(r"^COPY \w+\.(\w+) \(\w+\) FROM stdin;\n(.*)\n\\\.$", re.MULTILINE)
_WAIT: Final = "SET lock_timeout = '10s';"
_ELSEWHERE: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)
"""Connections of others; what PostgreSQL does by itself has no user."""


async def write(db: Database, to: Path, tick: Tick) -> None:
    """Dump the schema that the tables are in, as it is at this moment, into a file that is there.

    The file was read through when this returns. Raises `DatabaseError`.
    """
    made = await tools(db, "pg_dump", "pg_restore")
    async with db.engine.connect() as connection:
        schema = (await connection.execute(text("SELECT current_schema()"))).scalar_one()
    ours = '"{}".*'.format(str(schema).replace('"', '""'))
    await made.run(
        "pg_dump",
        *("--format=custom", "--no-unlogged-table-data", "--verbose", *_PLAIN),
        *(f"--table={ours}", f"--file={to}"),
        say=_counting(tick, len(METADATA.tables)),
    )
    await made.run("pg_restore", f"--file={os.devnull}", str(to))


async def shape(db: Database, path: Path) -> Shape:
    """Look through a backup and say what it is. Raises `DatabaseError` if it is not whole."""
    made = await tools(db, "pg_restore")
    try:
        names = {name for _, name in _TABLE.findall(await _listed(made, path))}
        if not {MARK, "alembic_version"} <= names:
            raise no_backup(path, "it holds no affiliate program")
        told = await made.run(
            *("pg_restore", "--data-only", "--table=alembic_version", "--table=oldest_code"),
            *("--file=-", str(path)),
            out=asyncio.subprocess.PIPE,
        )
        await made.run("pg_restore", f"--file={os.devnull}", str(path))
    except DatabaseError as error:
        if str(error).startswith("pg_restore failed"):
            raise no_backup(path, error) from error
        raise
    found = dict(_COPIED.findall(told.decode()))
    if "alembic_version" not in found:
        raise no_backup(path, "it does not say which release it is of")
    return Shape(found["alembic_version"], found.get("oldest_code"))


async def read(db: Database, path: Path, tick: Tick) -> None:
    """Put a backup into the place of our tables, all of it or nothing. Raises `DatabaseError`."""
    made = await tools(db, "pg_restore", "psql")
    await _require_alone(db)
    listed = await _listed(made, path)
    tables = _TABLE.findall(listed)
    (schema,) = {schema for schema, _ in tables}
    names = sorted({*METADATA.tables, *(name for _, name in tables)})
    drop = f"DROP TABLE IF EXISTS {', '.join(f'{schema}.{name}' for name in names)};"
    # What pg_restore tells goes to psql, between a beginning and an end of ours: where it breaks
    # off there is no end, and so nothing happened.
    taken, given = os.pipe()
    with os.fdopen(given, "wb", buffering=0) as script:
        putting = asyncio.create_task(
            made.run(
                *("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"),
                given=os.fdopen(taken, "rb"),
            )
        )
        try:
            script.write(f"BEGIN; {_WAIT} {drop}\n".encode())
            await made.run(
                *("pg_restore", "--verbose", *_PLAIN, "--file=-", str(path)),
                say=_counting(tick, listed.count(_OF_DATA)),
                out=script,
            )
            script.write(b"COMMIT;\n")
        except (DatabaseError, BrokenPipeError) as error:
            script.close()
            (other,) = await asyncio.gather(putting, return_exceptions=True)
            # Either may have failed first, and taken the other with it.
            said = [str(one) for one in (error, other) if isinstance(one, DatabaseError)]
            raise DatabaseError(f"{'; '.join(said)}. Nothing was restored.") from error
        script.close()
        await putting


async def _listed(made: Tools, path: Path) -> str:
    """What is in a backup, a line each."""
    out = await made.run("pg_restore", "--list", str(path), out=asyncio.subprocess.PIPE)
    return out.decode()


async def _require_alone(db: Database) -> None:
    await db.close()
    async with db.engine.connect() as connection:
        others = (await connection.execute(_ELSEWHERE)).scalar_one()
    await db.close()
    if others:
        raise DatabaseError(
            f"Somebody else is connected to this database ({others} times). Stop the servers that "
            "run on it first, and a pooler in between. Nothing was restored."
        )


def _counting(tick: Tick, total: int) -> Callable[[str], None]:
    done = 0

    def say(line: str) -> None:
        nonlocal done
        if _DATA.search(line):
            done += 1
            tick(done, max(total, done))

    return say
