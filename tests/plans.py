"""What the database is asked meanwhile, and which tables it would read from end to end for that."""

import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.tables import METADATA

_ASKS: Final = ("SELECT", "UPDATE", "DELETE", "WITH", "INSERT")


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement with its values, and who asked first."""

    by: str
    statement: str
    values: Any


class Listener:
    """Keeps each statement once, with the values that it came with first."""

    def __init__(self) -> None:
        self.said: dict[str, Asked] = {}
        self._by = ""

    def hear(self, _c: Any, _cursor: Any, statement: str, values: Any, *more: Any) -> None:
        """Called by the engine."""
        *_, is_many = more
        if self._by and statement.lstrip().startswith(_ASKS):
            one = values[0] if is_many else values
            self.said.setdefault(statement, Asked(self._by, statement, one))

    @contextmanager
    def asking(self, by: str) -> Iterator[None]:
        """What is asked in here is asked by that."""
        self._by = by
        yield
        self._by = ""


@contextmanager
def listening() -> Iterator[Listener]:
    """Hear what every database of this process is asked."""
    listener = Listener()
    event.listen(Engine, "before_cursor_execute", listener.hear)
    yield listener
    event.remove(Engine, "before_cursor_execute", listener.hear)


async def scanned(session: AsyncSession, asked: Asked, among: Collection[str]) -> set[str]:
    """Which of these tables are read from end to end, or as far as it takes to find a row.

    The first rows of an index are not, where nothing but their number is asked for, nor is an
    index that only holds the rows that matter.
    """
    if not re.search(rf"\b({'|'.join(among)})\b", asked.statement):
        return set()
    partial = {
        str(index.name)
        for table in METADATA.sorted_tables
        for index in table.indexes
        if index.dialect_kwargs.get("postgresql_where") is not None
    }
    if session.get_bind().dialect.name == "postgresql":
        plan = (await _plan(session, "EXPLAIN (FORMAT JSON) ", asked))[0][0]
        (whole,) = json.loads(plan) if isinstance(plan, str) else plan
        return set(_of_postgresql(whole["Plan"], partial, is_cut=False)) & set(among)
    lines = [str(row[-1]) for row in await _plan(session, "EXPLAIN QUERY PLAN ", asked)]
    return set(_of_sqlite(lines, asked.statement, partial)) & set(among)


async def _plan(session: AsyncSession, explain: str, asked: Asked) -> list[Any]:
    connection = await session.connection()
    return list((await connection.exec_driver_sql(explain + asked.statement, asked.values)).all())


def _of_sqlite(lines: list[str], statement: str, partial: set[str]) -> Iterator[str]:
    names = {
        alias or table: table
        for table, alias in re.findall(r"(?:FROM|JOIN) (\w+)(?: AS (\w+))?", statement)
    }
    is_cut = " WHERE " not in statement.upper() and " LIMIT " in statement.replace("\n", " ")
    for line in lines:
        found = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", line)
        if found and not (found[2] in partial or (found[2] and is_cut)):
            yield names.get(str(found[1]), str(found[1]))


def _of_postgresql(node: dict[str, Any], partial: set[str], *, is_cut: bool) -> Iterator[str]:
    kind = node["Node Type"]
    is_first_few = is_cut and "Filter" not in node and kind.startswith("Index")
    by_index = kind.startswith("Index") and ("Index Cond" in node or is_first_few)
    by_index |= node.get("Index Name") in partial
    if "Relation Name" in node and kind not in _NO_READS and not by_index:
        yield node["Relation Name"]
    for part in node.get("Plans", ()):
        keeps = kind == "Limit" or (is_cut and kind in {"LockRows", "Result", "Nested Loop"})
        yield from _of_postgresql(part, partial, is_cut=keeps)


_NO_READS: Final = {"Bitmap Heap Scan", "ModifyTable", "Tid Scan"}
