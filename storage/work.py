"""Rows of work, which is what the inbox and the outbox have in common.

They are claimed, done once, tried again, parked and replayed.

A row is claimed by a lease (`claimed_until`), so that a worker that died gives its rows
back by itself. It is finished by a conditional update inside the transaction that does its
work: of two workers that believe they hold it, only one can commit.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Index, text, update
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id

LEASE = timedelta(seconds=60)
_SLACK = timedelta(seconds=5)
"""By so much the clocks of several machines may differ."""


class AlreadyHandledError(Exception):
    """Another worker finished this row first; what was prepared here is undone."""


class Work(SQLModel):
    """The columns that every row of work has. All moments are UTC."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str
    request_id: str = ""
    attempts: int = 0
    next_attempt_at: datetime = Field(default_factory=clock.now)
    claimed_until: datetime | None = None
    handled_at: datetime | None = None
    parked_at: datetime | None = None
    last_error: str | None = None

    @property
    def tried_before(self) -> bool:
        """Whether an earlier attempt may have reached the outside, also one before a replay."""
        return self.attempts > 1 or self.last_error is not None


Row = TypeVar("Row", bound=Work)


def open_rows_index(table: str, column: str) -> Index:
    """An index that holds only the rows that still want work, however old the table grows."""
    where = text("handled_at IS NULL AND parked_at IS NULL")
    return Index(f"ix_{table}_open_{column}", column, sqlite_where=where, postgresql_where=where)


def parked_rows_index(table: str) -> Index:
    """An index that holds only the rows that wait for an operator."""
    where = text("parked_at IS NOT NULL")
    return Index(f"ix_{table}_parked", "parked_at", sqlite_where=where, postgresql_where=where)


def is_open(table: type[Work]) -> ColumnElement[bool]:
    """Neither done nor parked."""
    return col(table.handled_at).is_(None) & col(table.parked_at).is_(None)


def is_due(table: type[Work], moment: datetime) -> ColumnElement[bool]:
    """Open, not waiting for a later attempt, and not in another worker's hands."""
    claimed_until = col(table.claimed_until)
    return (
        is_open(table)
        & (col(table.next_attempt_at) <= moment)
        & or_(claimed_until.is_(None), claimed_until <= moment)
    )


async def claim(
    session: AsyncSession, table: type[Row], limit: int, *conditions: ColumnElement[bool]
) -> Sequence[Row]:
    """Take up to `limit` due rows for `LEASE`, oldest first; other workers pass them by."""
    moment = clock.now()
    query = (
        select(table)
        .where(is_due(table, moment), *conditions)
        .order_by(col(table.next_attempt_at), col(table.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await session.exec(query)).all()
    for row in rows:
        row.claimed_until = moment + LEASE
        row.attempts += 1
        session.add(row)
    await session.flush()
    return rows


async def finish(session: AsyncSession, table: type[Work], row_id: UUID) -> None:
    """Mark a row done, in the transaction that did its work.

    Raises `AlreadyHandledError` if another worker was first.
    """
    done = await session.exec(
        update(table)
        .where(col(table.id) == row_id, col(table.handled_at).is_(None))
        .values(handled_at=clock.now(), claimed_until=None, last_error=None, parked_at=None)
    )
    if done.rowcount == 0:
        raise AlreadyHandledError(str(row_id))


def _still_ours(row: Work) -> ColumnElement[bool]:
    """Open, and not claimed again since `row` was: the count of attempts tells the claims apart."""
    table = type(row)
    return (col(table.id) == row.id) & (col(table.attempts) == row.attempts) & is_open(table)


async def postpone(session: AsyncSession, row: Work, *, until: datetime, error: str) -> None:
    """Give a row back, to be tried again at `until`; nothing if it is not ours any more."""
    await session.exec(
        update(type(row))
        .where(_still_ours(row))
        .values(next_attempt_at=until, claimed_until=None, last_error=error)
    )


async def park(session: AsyncSession, row: Work, *, error: str) -> bool:
    """Set a row aside for a person to look at; False if it is not ours any more."""
    parked = await session.exec(
        update(type(row))
        .where(_still_ours(row))
        .values(parked_at=clock.now(), claimed_until=None, last_error=error)
    )
    return parked.rowcount == 1


async def replay(session: AsyncSession, table: type[Work], row_id: UUID) -> bool:
    """Put a parked row back to work with a fresh count of attempts; False if none is parked."""
    replayed = await session.exec(
        update(table)
        .where(col(table.id) == row_id, col(table.parked_at).is_not(None))
        .values(parked_at=None, attempts=0, next_attempt_at=clock.now(), claimed_until=None)
    )
    return replayed.rowcount == 1


async def release_claims(session: AsyncSession, table: type[Work]) -> None:
    """Give back every claimed row at once.

    For the start of the only process on a database: whoever held these rows is dead.
    """
    await session.exec(
        update(table)
        .where(is_open(table), col(table.claimed_until).is_not(None))
        .values(claimed_until=None)
    )


async def undo_lead(session: AsyncSession, table: type[Row], born: str, longest: float) -> int:
    """Bring near what a clock that was fast has put off, after it was put back.

    A row that was born in the future, by its column `born`, waits as long from now on as it would
    have then; no other waits for a next attempt longer than `longest` seconds, nor is claimed for
    longer than a lease. Returns how many rows that was so of.
    """
    now = clock.now()
    latest, claimed = now + timedelta(seconds=longest), now + LEASE
    again = (col(table.attempts) > 0) & (col(table.next_attempt_at) > latest)
    early = col(getattr(table, born)) > now + _SLACK
    held = col(table.claimed_until) > claimed
    rows = (await session.exec(select(table).where(is_open(table), early | again | held))).all()
    for row in rows:
        made: datetime = getattr(row, born)
        if made > now + _SLACK:
            row.next_attempt_at = now + max(row.next_attempt_at - made, timedelta(0))
        if row.attempts > 0 and row.next_attempt_at > latest:
            row.next_attempt_at = now
        if row.claimed_until is not None and row.claimed_until > claimed:
            row.claimed_until = claimed
        session.add(row)
    return len(rows)


async def anything_due(
    session: AsyncSession, table: type[Work], *conditions: ColumnElement[bool]
) -> bool:
    """Whether a row of work waits for somebody to claim it."""
    query = select(col(table.id)).where(is_due(table, clock.now()), *conditions).limit(1)
    return (await session.exec(query)).first() is not None


async def parked(session: AsyncSession, table: type[Row], limit: int = 100) -> Sequence[Row]:
    """What waits for a person, newest first."""
    query = (
        select(table)
        .where(col(table.parked_at).is_not(None))
        .order_by(col(table.parked_at).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def parked_since(session: AsyncSession, table: type[Work]) -> datetime | None:
    """Since when the first of those that wait for a person does, if there is one."""
    query = select(func.min(table.parked_at)).where(col(table.parked_at).is_not(None))
    return (await session.exec(query)).one()


async def count_open(session: AsyncSession, table: type[Work]) -> int:
    """How many rows still want work."""
    return (await session.exec(select(func.count()).select_from(table).where(is_open(table)))).one()


async def count_parked(session: AsyncSession, table: type[Work]) -> int:
    """How many rows wait for a person."""
    query = select(func.count()).select_from(table).where(col(table.parked_at).is_not(None))
    return (await session.exec(query)).one()
