"""The connection to a SQLite file, with one visit to its thread for each statement.

`aiosqlite` sends the thread a message to make a cursor, to run the statement, to fetch and to
close: four waits where the statement itself takes microseconds. Here they are one.
"""
# ruff: noqa: SLF001 - a connection of aiosqlite gives no other way to its thread

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Self

import aiosqlite

_AT_ONCE: Final = 500
"""Rows that come along with the statement; those of a longer answer are fetched when wanted."""

_Description = tuple[tuple[Any, ...], ...]


class Connection(aiosqlite.Connection):
    """A connection that gives cursors of the kind below, for SQLAlchemy to use."""

    def cursor(self) -> "Cursor":  # type: ignore[override] # it is entered and awaited as theirs
        """A cursor; making one asks nobody."""
        return Cursor(self)


class Cursor:
    """A statement and its answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rest: sqlite3.Cursor | None = None
        self._rows: deque[Any] = deque()
        self.description: _Description | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        """Nothing is to be opened."""
        return self

    async def execute(self, statement: str, values: Iterable[Any] = ()) -> "Cursor":
        """Run a statement, and take the beginning of its answer along."""
        await self._visit(self._run, statement, values)
        return self

    async def executemany(self, statement: str, values: Iterable[Sequence[Any]]) -> "Cursor":
        """Run a statement that answers nothing for each of these."""
        await self._visit(self._run_many, statement, values)
        return self

    async def fetchone(self) -> Any:
        """The next row; None behind the last."""
        found = await self.fetchmany(1)
        return found[0] if found else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """So many rows, or what is left."""
        wanted = size or self.arraysize
        if len(self._rows) < wanted and self._rest is not None:
            await self._visit(self._fetch, max(_AT_ONCE, wanted))
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        if self._rest is not None:
            await self._visit(self._fetch, None)
        found = list(self._rows)
        self._rows.clear()
        return found

    async def close(self) -> None:
        """Forget what was not fetched."""
        self._rows.clear()
        if self._rest is not None:
            rest, self._rest = self._rest, None
            await self._visit(rest.close)

    async def _visit(self, work: Callable[..., Any], *values: Any) -> None:
        await self._connection._execute(work, *values)  # type: ignore[no-untyped-call]

    def _run(self, statement: str, values: Iterable[Any]) -> None:
        self._keep(self._connection._conn.execute(statement, tuple(values)))

    def _run_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        self._keep(self._connection._conn.executemany(statement, values))

    def _keep(self, cursor: sqlite3.Cursor) -> None:
        self.description, self._rest = cursor.description, cursor
        self._rows.clear()
        self._fetch(_AT_ONCE)
        # Behind the rows: what a statement with RETURNING has changed is known then.
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid

    def _fetch(self, most: int | None) -> None:
        cursor = self._rest
        if cursor is None:
            return
        found = cursor.fetchall() if most is None else cursor.fetchmany(most)
        self._rows.extend(found)
        if most is None or len(found) < most:
            cursor.close()
            self._rest = None


def connect(database: str, **options: Any) -> Connection:
    """A connection to a file, to be awaited."""
    connection = Connection(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
    # As SQLAlchemy has it: a process ends without waiting for it.
    connection._thread.daemon = True
    return connection
