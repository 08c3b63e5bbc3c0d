"""A place beside the database where what is to be imported is sorted out: a file, not memory.

It lives as long as one import. Each noun has a table; `fate` is what will happen to a row.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

NEW = "new"
KNOWN = "known"
AGAIN = "again"
LEFT_OUT = "left_out"
ODD = "odd"
CHANGED = "changed"

_SHAPE: Final = """
CREATE TABLE notes (file INT, line INT, what TEXT, fate TEXT, why TEXT);
CREATE TABLE affiliates (
    n INTEGER PRIMARY KEY, file INT, line INT, id TEXT, email TEXT, key TEXT UNIQUE, status TEXT,
    state TEXT, name TEXT, display_name TEXT, site TEXT, code TEXT, promotion_code TEXT,
    coupon TEXT, user TEXT, terms_version TEXT, joined_at TEXT, word TEXT, target TEXT, fate TEXT,
    why TEXT);
CREATE TABLE ids (id TEXT PRIMARY KEY, n INT) WITHOUT ROWID;
CREATE TABLE links (
    n INTEGER PRIMARY KEY, file INT, line INT, ref TEXT, whose_id TEXT, whose_email TEXT,
    whose_ref TEXT, owner INT, fate TEXT, why TEXT);
CREATE TABLE words (word TEXT PRIMARY KEY, n INT) WITHOUT ROWID;
CREATE TABLE customers (
    n INTEGER PRIMARY KEY, file INT, line INT, customer TEXT, user TEXT, email TEXT, paid INT,
    plan TEXT, status TEXT, at TEXT, whose_id TEXT, whose_email TEXT, whose_ref TEXT, owner INT,
    fate TEXT, why TEXT);
CREATE TABLE buyers (
    file INT, line INT, customer TEXT, user TEXT, email TEXT, paid INT, plan TEXT, status TEXT,
    at TEXT, whose_id TEXT, whose_email TEXT, whose_ref TEXT);
CREATE TABLE commissions (
    n INTEGER PRIMARY KEY, file INT, line INT, id TEXT, amount INT, currency TEXT, state TEXT,
    balance INT, held INT, at TEXT, free_at TEXT, whose_id TEXT, whose_email TEXT, whose_ref TEXT,
    owner INT, target TEXT, posted INT, revision INT, fate TEXT, why TEXT);
"""
_INDEXES: Final = """
CREATE INDEX links_ref ON links (ref);
CREATE INDEX customers_customer ON customers (customer);
CREATE INDEX customers_user ON customers (user);
CREATE INDEX customers_email ON customers (email);
CREATE INDEX commissions_id ON commissions (id);
CREATE INDEX commissions_owner ON commissions (owner);
"""


class Staging:
    """The tables, in a file that is deleted in the end. Use it as a context manager."""

    def __init__(self) -> None:
        self.last: int | None = None
        self._folder = TemporaryDirectory(prefix="affiliate-desk-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "staging.db", isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
            "PRAGMA temp_store=FILE;" + _SHAPE
        )
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._folder.cleanup()

    def index(self) -> None:
        """Once everything is in: make what the sorting needs."""
        self._db.executescript(_INDEXES)

    def add(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows that all have the same columns."""
        rows = list(rows)
        if rows:
            names = list(rows[0])
            marks = ", ".join(f":{name}" for name in names)
            statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - names are ours
            self._db.executemany(statement, rows)

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Change rows; returns how many."""
        cursor = self._db.execute(statement, values)
        self.last = cursor.lastrowid
        return cursor.rowcount

    def run_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """The same change with many values."""
        self._db.executemany(statement, values)

    def one(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of an answer."""
        found: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        return found

    def all(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """A short answer, whole."""
        return self._db.execute(query, values).fetchall()

    def parts(
        self, query: str, values: Sequence[Any] = (), *, size: int = 500
    ) -> Iterator[list[tuple[Any, ...]]]:
        """A long answer in parts.

        Rows of the same table may only be changed meanwhile where the answer is in the order of a
        column that the change leaves alone.
        """
        cursor = self._db.execute(query, values)
        while rows := cursor.fetchmany(size):
            yield rows
