"""A program with rows in every table that moves, and exports of it held in memory."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.sql.sqltypes import UTCDateTime

from domain import moving
from domain.errors import InvalidError
from domain.moving import Manifest
from storage.carried import tables
from storage.db import Database
from storage.ids import new_id

TEXTS = ("", "Zoë", "b", "B", "a_b", "ab", "É", "\u2028'\"\\", "日本語 😀", "=1+1", " ", "z\ty")
"""Texts that sort differently by language, or have to be written with care."""

JSON: tuple[dict[str, Any], ...] = (
    {},
    {"b": 1, "a": [True, None, "\u2028", 2**60], "É": {"z": 0.1, "y": -0.0}},
    {"big": 1e22, "wide": 1.5e300, "small": 1e-7, "half": 0.5, "whole": 3.0, "😀": "\x7f"},
)


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Shelf(dict[str, bytes]):
    """An export in memory."""

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        """A new file to write to."""
        assert name not in self
        file = BytesIO()
        yield file
        self[name] = file.getvalue()

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file to read from."""
        if name not in self:
            raise InvalidError(f"{name} is missing.")
        yield BytesIO(self[name])


async def exported(db: Database) -> Shelf:
    """The export of a database."""
    shelf = Shelf()
    async with db.read(at_one_moment=True) as session:
        await moving.write(session, shelf, lambda _what, _rows: None)
    return shelf


async def imported(db: Database, shelf: Shelf) -> Manifest:
    """Import it into a database."""
    manifest = moving.manifest_of(shelf)
    async with db.transaction() as session:
        await moving.read(session, shelf, manifest, lambda _what, _rows: None)
    return manifest


async def fill(db: Database, each: int = 4, seed: int = 1) -> None:
    """Put so many rows into every table that moves, of every sort of value that it can hold."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    async with db.transaction() as session:
        connection = await session.connection()
        for table in tables():
            if table.name == "audit_log":
                continue
            for number in range(1 if table.name == "affiliate_program" else each):
                row = {}
                for column in table.columns:
                    if column.foreign_keys:
                        row[column.name] = await _known(connection, column, number, chance)
                    else:
                        row[column.name] = _some(column, number, chance)
                await connection.execute(table.insert().values(row))


async def _known(connection: Any, column: Any, number: int, chance: random.Random) -> Any:
    (key,) = column.foreign_keys
    if column.nullable and chance.random() < 0.3:
        return None
    found = (await connection.execute(sa.select(key.column).order_by(key.column))).scalars().all()
    return found[number % len(found)]


def _some(column: Any, number: int, chance: random.Random) -> Any:
    """A value for a column; unlike the others where it is the key or must be unique."""
    if column.nullable and chance.random() < 0.3:
        return None
    for kind, made in _MADE:
        if isinstance(column.type, kind):
            return made(column, number, chance)
    if column.name == "currency":
        return chance.choice(("usd", "eur", "jpy"))
    found = f"{chance.choice(TEXTS)}{number}{chance.getrandbits(40):x}"
    return found.upper() if column.name == "code" else found


def _number(column: Any, number: int, chance: random.Random) -> int:
    alone = column.primary_key or column.unique
    return number + 1 if alone else chance.choice((0, 1, -7, 2**31 - 1))


_MADE: tuple[tuple[type[Any], Callable[[Any, int, random.Random], Any]], ...] = (
    (sa.Uuid, lambda _, n, chance: UUID(int=chance.getrandbits(128)) if n % 2 else new_id()),
    (UTCDateTime, lambda _, n, chance: NOON + timedelta(microseconds=chance.choice((0, n)))),
    (sa.Date, lambda _, n, chance: NOON.date() + timedelta(days=n)),
    (sa.Boolean, lambda _, n, chance: chance.random() < 0.5),
    (sa.BigInteger, lambda _, n, chance: chance.choice((0, -1, 2**53 + 1, -(2**50)))),
    (sa.Integer, _number),
    (sa.LargeBinary, lambda _, n, chance: bytes(range(256)) * n),
    (sa.JSON, lambda _, n, chance: chance.choice(JSON)),
)
