"""Batches of rows on PostgreSQL, each one transaction."""

import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog

from storage.db import Database
from storage.inserts import Insert, Value, Waiting

CONNECT_S = 5.0
COMMIT_S = 10.0
"""How long PostgreSQL may take, in seconds, before a connection counts as broken: without a
limit one that fell silent would hold up the intake for a quarter of an hour."""

_log = structlog.get_logger("group-commit")


class PostgresqlInserts:
    """A connection of its own, with one multi-row insert per table and batch."""

    def __init__(self, db: Database) -> None:
        self._options = db.driver_options()
        self._connection: asyncpg.Connection[Any] | None = None

    async def commit(self, batch: Sequence[Waiting]) -> list[bool]:
        """See `Backend`."""
        if self._connection is not None:
            try:
                return await self._commit(self._connection, batch)
            except Exception as error:  # noqa: BLE001 - asyncpg has many words for "it broke"
                # Maybe while it was idle: a new connection tells. Rows that got through all the
                # same are there already, and are not stored twice.
                _log.warning("connecting anew", error=repr(error))
                self._connection.terminate()
                self._connection = None
        self._connection = await asyncpg.connect(
            **self._options, timeout=CONNECT_S, command_timeout=COMMIT_S
        )
        return await self._commit(self._connection, batch)

    async def _commit(
        self, connection: "asyncpg.Connection[Any]", batch: Sequence[Waiting]
    ) -> list[bool]:
        by_insert: dict[Insert, list[Value]] = {}
        for waiting in batch:
            by_insert.setdefault(waiting.insert, []).append(waiting.row)
        new: set[object] = set()
        async with connection.transaction():
            for insert, rows in by_insert.items():
                stored = await _insert(connection, insert, rows)
                new.update(row[0] for row in stored)
                if insert.otherwise and len(stored) < len(rows):
                    second = [insert.otherwise(row) for row in rows if row[0] not in new]
                    stored = [*stored, *await _insert(connection, insert, second)]
                for sums in insert.sums if stored else ():
                    added = sums.of(stored)
                    if added:
                        await connection.execute(sums.postgresql, *_columns(added))
        return [waiting.row[0] in new for waiting in batch]

    async def close(self) -> None:
        """See `Backend`."""
        if self._connection is not None:
            with contextlib.suppress(TimeoutError):  # it is cut off then
                await self._connection.close(timeout=CONNECT_S)


async def _insert(
    connection: "asyncpg.Connection[Any]", insert: Insert, rows: Sequence[Value]
) -> Sequence[Value]:
    """Store rows; returns those that were not there before."""
    found = await connection.fetch(insert.postgresql, *_columns(insert.in_order(rows)))
    if len(found) == len(rows):
        return rows
    new = {one[0] for one in found}
    return [row for row in rows if row[0] in new]


def _columns(rows: Sequence[Value]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
