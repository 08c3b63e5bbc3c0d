"""Writing millions of rows into a database that nobody else uses meanwhile.

What is broken off leaves a database to throw away.
"""

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import JSON, Column, Date, DateTime, Table, Uuid
from sqlmodel.sql.sqltypes import UTCDateTime

from storage.db import Database

Values = dict[str, Any] | tuple[Any, ...]
Write = Callable[[Table, Sequence[Values]], Any]

_FAST: Final = (
    "PRAGMA journal_mode=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA cache_size=-1500000",
    "PRAGMA threads=2",
)
_INDEXES: Final = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
_CONSTRAINTS: Final = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid)) AS make
FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'u', 'p')
    AND conrelid <> 'alembic_version'::regclass
ORDER BY position(contype::text IN 'fup'), conname
"""
_OWN_INDEXES: Final = """
SELECT format('DROP INDEX %s', indexrelid::regclass) AS drop, pg_get_indexdef(indexrelid) AS make
FROM pg_index
WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY indexrelid::regclass::text
"""


@asynccontextmanager
async def writing(db: Database, *, whole: bool) -> AsyncIterator[Write]:
    """How to write rows of a table.

    `whole` is for a database from the ground up: what rows are found by is made afterwards, once.
    """
    if db.is_sqlite:
        await db.close()
        with sqlite3.connect(str(db.url.database), isolation_level=None) as file:
            made = _begin_file(file) if whole else ()
            file.execute("BEGIN")
            yield lambda table, rows: _insert(file, table, rows)
            for one in made:
                file.execute(one)
            file.execute("COMMIT")
            file.execute("PRAGMA journal_mode=WAL")
        file.close()
        return
    connection = await asyncpg.connect(**db.driver_options(), command_timeout=None)
    try:
        made = await _begin_server(connection) if whole else ()
        yield lambda table, rows: _copy(connection, table, rows)
        for one in made:
            await connection.execute(one)
    finally:
        await connection.close()


def _begin_file(file: sqlite3.Connection) -> list[str]:
    for pragma in _FAST:
        file.execute(pragma)
    found = file.execute(_INDEXES).fetchall()
    for name, _ in found:
        file.execute(f'DROP INDEX "{name}"')
    return [made for _, made in found]


async def _begin_server(connection: Any) -> list[str]:
    await connection.execute("SET maintenance_work_mem = '1GB'; SET synchronous_commit = off")
    found = await connection.fetch(_CONSTRAINTS)
    indexes = await connection.fetch(_OWN_INDEXES)
    for one in (*indexes, *found):
        await connection.execute(one["drop"])
    # Keys before what refers to them.
    return [one["make"] for one in (*reversed(found), *indexes)]


async def _insert(file: sqlite3.Connection, table: Table, rows: Sequence[Values]) -> None:
    columns = list(table.columns)
    names = ", ".join(column.name for column in columns)
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our names
    file.executemany(statement, _converted(columns, rows, _TO_FILE))


async def _copy(connection: Any, table: Table, rows: Sequence[Values]) -> None:
    columns = list(table.columns)
    names = [column.name for column in columns]
    records = _converted(columns, rows, _TO_SERVER)
    await connection.copy_records_to_table(table.name, columns=names, records=records)


def _converted(
    columns: Sequence[Column[Any]], rows: Sequence[Values], how: dict[type, Callable[[Any], Any]]
) -> Iterable[tuple[Any, ...]]:
    """The rows' values in the order of columns, as a driver takes them; column by column."""
    named = itemgetter(*(column.name for column in columns))
    plain = (named(row) if isinstance(row, dict) else row for row in rows)
    by_column: list[Iterable[Any]] = list(zip(*plain, strict=True))
    # What comes as values alone has its ids as digits already.
    needless = Uuid if isinstance(rows[0], tuple) else ()
    for number, column in enumerate(columns):
        for kind, convert in how.items():
            if isinstance(column.type, kind) and not isinstance(column.type, needless):
                by_column[number] = map(convert, by_column[number])
                break
    return zip(*by_column, strict=True)


def _digits(given: UUID | str | None) -> str | None:
    return given.hex if isinstance(given, UUID) else given


def _moment(given: datetime | None) -> str | None:
    """UTC, which all are that are made up."""
    return None if given is None else given.isoformat(" ", "microseconds")[:26]


@cache
def _day(given: date | None) -> str | None:
    return None if given is None else given.isoformat()


def _json(given: Any) -> str:
    return json.dumps(given) if given else _EMPTY[type(given)]


_EMPTY: Final = {kind: json.dumps(kind()) for kind in (dict, list, str, int, bool)} | {
    tuple: "[]",
    type(None): "null",
}
_TO_SERVER: Final[dict[type, Callable[[Any], Any]]] = {JSON: _json}
_TO_FILE: Final[dict[type, Callable[[Any], Any]]] = {
    JSON: _json,
    Uuid: _digits,
    UTCDateTime: _moment,
    DateTime: _moment,
    Date: _day,
}
