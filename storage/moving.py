"""The whole program as rows: which tables move to another database, out of one and into one."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import DDL, BigInteger, Connection, LargeBinary, Table, exists, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.carried import tables
from storage.db import announce
from storage.inbox import TOPIC as INBOX
from storage.inbox import InboxEvent
from storage.locks import take_turn
from storage.moving_values import Convert, to_plain
from storage.outbox import TOPIC as OUTBOX
from storage.outbox import Effect
from storage.webhook_deliveries import TOPIC as DELIVERIES
from storage.webhook_deliveries import WebhookDelivery
from storage.work import Work

WORK: Final[tuple[tuple[type[Work], str], ...]] = (
    (InboxEvent, INBOX),
    (Effect, OUTBOX),
    (WebhookDelivery, DELIVERIES),
)
"""Tables of work, and who is told when there is some."""

SET_ASIDE: Final = (
    "Set aside when the program moved here, so that two servers do not both do it. Once the other "
    "server is off for good: affiliate-desk replay moved."
)

_LOCK: Final = "LOCK TABLE %(fullname)s IN SHARE ROW EXCLUSIVE MODE"
_AT_ONCE: Final = 1000
_AT_ONCE_OF_FILES: Final = 8


class RefusedRowError(Exception):
    """The database takes a row of a batch for none of its own: its place there, and why."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place


async def revision(session: AsyncSession) -> str:
    """The migration that the database is at."""

    def read(connection: Connection) -> str:
        return MigrationContext.configure(connection).get_current_revision() or ""

    return await (await session.connection()).run_sync(read)


async def count(session: AsyncSession, table: Table) -> int:
    """How many rows a table has."""
    connection = await session.connection()
    return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def parts(session: AsyncSession, table: Table) -> AsyncIterator[list[dict[str, Any]]]:
    """A table's rows as plain values, some at a time, in the order of its key.

    The order is the same on every database. Work that is not done is written as set aside.
    """
    plain = to_plain(table)
    names = list(plain)
    is_work = any(table is kind.__table__ for kind, _ in WORK)  # type: ignore[attr-defined]
    at_once = _AT_ONCE_OF_FILES if _holds_files(table) else _AT_ONCE
    query = select(table).order_by(*in_order(session, table)).execution_options(yield_per=at_once)
    async for found in (await session.stream(query)).partitions():
        rows = [dict(zip(names, values, strict=True)) for values in found]
        if is_work:
            rows = [_at_rest(row) for row in rows]
        yield [_converted(row, plain) for row in rows]


def in_order(session: AsyncSession, table: Table) -> list[Any]:
    """A table's key, to sort by: texts by their bytes, whatever the database's language is."""
    if session.get_bind().dialect.name != "postgresql":
        return list(table.primary_key)
    return [one.collate("C") if one.type.python_type is str else one for one in table.primary_key]


def _holds_files(table: Table) -> bool:
    return any(isinstance(column.type, LargeBinary) for column in table.columns)


def _at_rest(row: dict[str, Any]) -> dict[str, Any]:
    """A row of work that nobody is at; it is done, or it waits for a person."""
    if row["handled_at"] is not None or row["parked_at"] is not None:
        return row | {"claimed_until": None}
    reason = f"{SET_ASIDE} {row['last_error'] or ''}".rstrip()
    parked_at: datetime = row["next_attempt_at"]
    return row | {"claimed_until": None, "parked_at": parked_at, "last_error": reason}


def _converted(row: dict[str, Any], plain: dict[str, Convert | None]) -> dict[str, Any]:
    for name, convert in plain.items():
        if convert is not None and row[name] is not None:
            row[name] = convert(row[name])
    return row


def is_set_aside(row: dict[str, Any]) -> bool:
    """Whether a plain row is work that was set aside for the move."""
    is_parked = row.get("parked_at") is not None
    return is_parked and (row["last_error"] or "").startswith(SET_ASIDE)


async def occupy(session: AsyncSession) -> str | None:
    """Keep everybody else out until this transaction ends; a table that has rows, if one does."""
    await take_turn(session, "import")
    connection = await session.connection()
    for table in tables():
        if connection.dialect.name == "postgresql":
            lock = DDL(_LOCK)  # type: ignore[no-untyped-call]
            await connection.execute(lock.against(table))
        if (await connection.execute(select(exists().select_from(table)))).scalar_one():
            return table.name
    return None


def typed(row: dict[str, Any], expected: dict[str, Convert]) -> dict[str, Any]:
    """A plain row as a table takes it whose values turn back so. Raises `ValueError`."""
    if row.keys() != expected.keys():
        raise ValueError("its columns are not those of the table")
    for name, convert in expected.items():
        if row[name] is not None:
            try:
                row[name] = convert(row[name])
            except (ValueError, TypeError, AttributeError) as error:
                raise ValueError(f"{name}: {error}") from error
    return row


async def insert(session: AsyncSession, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows into a table. Raises `RefusedRowError` for the first that does not fit."""
    connection = await session.connection()
    try:
        async with connection.begin_nested():
            await connection.execute(table.insert(), rows)
    except DBAPIError as error:
        if len(rows) == 1:
            raise RefusedRowError(0, str(error.orig).partition("\n")[0]) from None
    else:
        return
    for place, one in enumerate(rows):
        try:
            await insert(session, table, [one])
        except RefusedRowError as error:
            raise RefusedRowError(place, str(error)) from None


async def sums(session: AsyncSession, table: Table) -> dict[str, dict[str, int]]:
    """What each column of amounts comes to by currency, in minor units; empty without amounts."""
    return {one.name: await _sum(session, table, one) for one in amounts(table)}


async def _sum(session: AsyncSession, table: Table, column: Any) -> dict[str, int]:
    currency = table.c.currency
    query = select(currency, func.coalesce(func.sum(column), 0)).group_by(currency)
    found = (await (await session.connection()).execute(query)).all()
    return {name: int(total) for name, total in sorted(found)}


def amounts(table: Table) -> list[Any]:
    """The columns of a table that hold minor units of the currency beside them."""
    if "currency" not in table.columns:
        return []
    return [column for column in table.columns if isinstance(column.type, BigInteger)]


async def take_up(session: AsyncSession) -> int:
    """Put what was set aside for a move back to work, each when it was due; returns how many."""
    taken = 0
    for table, topic in WORK:
        waiting = col(table.parked_at).is_not(None)
        change = update(table).where(waiting, col(table.last_error).startswith(SET_ASIDE))
        done = await session.exec(change.values(parked_at=None, claimed_until=None, attempts=0))
        taken += done.rowcount
        announce(session, topic)
    return taken
