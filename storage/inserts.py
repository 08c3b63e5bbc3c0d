"""Statements of the group commit: rows to insert, and sums over them to keep."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

Value = tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the rows of an insert, kept in another table by the same transaction.

    `keys` and `counts` map names to PostgreSQL types; `of` turns the rows that were stored into
    rows of this table (keys, then what to add), one for each key. They are written in the order
    of their keys, so that two writers never wait for each other in a circle.
    """

    table: str
    keys: dict[str, str]
    counts: dict[str, str]
    of: Callable[[Sequence[Value]], list[Value]]

    @cached_property
    def sqlite(self) -> str:
        """The statement for one row on SQLite."""
        marks = ", ".join("?" * len(self.keys | self.counts))
        return f"{self._into} VALUES ({marks}) {self._add}"

    @cached_property
    def postgresql(self) -> str:
        """The statement for many rows, given as one array per column."""
        arrays = _arrays(self.keys | self.counts)
        return f"{self._into} SELECT * FROM unnest({arrays}) {self._add}"  # noqa: S608 - names are ours

    @cached_property
    def _into(self) -> str:
        return f"INSERT INTO {self.table} ({', '.join(self.keys | self.counts)})"

    @cached_property
    def _add(self) -> str:
        added = ", ".join(f"{name} = {self.table}.{name} + excluded.{name}" for name in self.counts)
        return f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET {added}"


@dataclass(frozen=True, eq=False)
class Insert:
    """An insert that keeps the first of two rows with the same unique columns.

    `columns` maps names to PostgreSQL types; the first is the row's id. Rows are written in the
    order of the column `order`, where one is named: that of a unique column which processes may
    meet on. With `otherwise` a row that came second is stored as what that makes of it. `sums`
    are kept of all that is stored, one after the other.
    """

    topic: str
    table: str
    columns: Mapping[str, str]
    order: str = ""
    otherwise: Callable[[Value], Value] | None = None
    sums: tuple[Sums, ...] = ()

    @cached_property
    def sqlite(self) -> str:
        """The statement for one row on SQLite."""
        marks = ", ".join("?" * len(self.columns))
        return (
            f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES ({marks}) "  # noqa: S608 - names are ours
            "ON CONFLICT DO NOTHING"
        )

    @cached_property
    def postgresql(self) -> str:
        """The statement for many rows, given as one array per column."""
        key = next(iter(self.columns))
        return (
            f"INSERT INTO {self.table} ({', '.join(self.columns)}) "  # noqa: S608 - names are ours
            f"SELECT * FROM unnest({_arrays(self.columns)}) ON CONFLICT DO NOTHING RETURNING {key}"
        )

    def in_order(self, rows: Sequence[Value]) -> Sequence[Value]:
        """The rows as they are to be written."""
        if not self.order:
            return rows
        place = list(self.columns).index(self.order)
        return sorted(rows, key=lambda row: str(row[place] or ""))


class Waiting(NamedTuple):
    """A row that somebody waits for; `stored` is told whether it was not there before."""

    insert: Insert
    row: Value
    stored: asyncio.Future[bool]
    since: float


class Backend(Protocol):
    """How a kind of database takes a batch."""

    async def commit(self, batch: Sequence[Waiting]) -> list[bool]:
        """Store the rows in one transaction; True for each that was not there before."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...


def _arrays(columns: Mapping[str, str]) -> str:
    return ", ".join(f"${n}::{t}[]" for n, t in enumerate(columns.values(), start=1))
