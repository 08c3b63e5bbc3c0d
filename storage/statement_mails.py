"""Whose monthly statement was decided on: mailed, or left out. Each once ever."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, Select, literal, or_
from sqlalchemy import select as sa_select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.ledger import LedgerEntry

SENT = "sent"
LEFT_OUT = "left_out"


class StatementMail(SQLModel, table=True):
    """One affiliate's statement of one month (`2026-11`): `status` is sent or left_out."""

    __tablename__ = "affiliate_statement_mails"
    __table_args__ = (Index("ix_affiliate_statement_mails_month", "month", "affiliate_user_id"),)

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    month: str = Field(primary_key=True)
    status: str
    at: datetime = Field(default_factory=clock.now)


async def zones(session: AsyncSession) -> Sequence[str]:
    """Every time zone that affiliates have named."""
    query = select(Affiliate.time_zone).distinct().order_by(Affiliate.time_zone)
    return (await session.exec(query)).all()


async def undecided(
    session: AsyncSession, month: str, zones: Collection[str], statuses: Collection[str], limit: int
) -> Sequence[UUID]:
    """Affiliates in these zones and statuses whose statement of a month waits for a decision."""
    decided = exists().where(
        col(StatementMail.affiliate_user_id) == col(Affiliate.id),
        col(StatementMail.month) == month,
    )
    query = (
        select(Affiliate.id)
        .where(col(Affiliate.time_zone).in_(zones), col(Affiliate.status).in_(statuses), ~decided)
        .order_by(col(Affiliate.id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def decide(session: AsyncSession, month: str, statuses: dict[UUID, str]) -> set[UUID]:
    """Keep what was decided about each; those whom nobody else has decided about.

    Who asks for the same waits, and then gets none of them.
    """
    if not statuses:
        return set()
    postgresql = session.get_bind().dialect.name == "postgresql"
    rows: list[dict[str, Any]] = [
        {"affiliate_user_id": owner, "month": month, "status": statuses[owner], "at": clock.now()}
        for owner in sorted(statuses)
    ]
    made = (postgresql_insert if postgresql else sqlite_insert)(StatementMail).values(rows)
    kept = made.on_conflict_do_nothing().returning(col(StatementMail.affiliate_user_id))
    return set((await session.exec(kept)).scalars())


async def with_anything(
    session: AsyncSession, ids: Collection[UUID], start: datetime, end: datetime
) -> set[UUID]:
    """Which of these had any movement from `start` to before `end`, or a balance then."""
    # Each by the index of their own entries: of EXISTS, PostgreSQL may make a table of all entries.
    theirs = col(LedgerEntry.affiliate_user_id) == col(Affiliate.id)
    moved = _first(
        sa_select(literal(1)).where(
            theirs, col(LedgerEntry.created_at) >= start, col(LedgerEntry.created_at) < end
        )
    )
    left = _first(
        sa_select(literal(1))
        .where(theirs, col(LedgerEntry.created_at) < end)
        .group_by(LedgerEntry.currency)
        .having(func.sum(LedgerEntry.amount) != 0)
    )
    query = select(Affiliate.id).where(col(Affiliate.id).in_(ids), or_(moved, left))
    return set((await session.exec(query)).all())


def _first(about: Select[int]) -> ColumnElement[bool]:
    """Whether there is such an entry of theirs."""
    return about.correlate(Affiliate).limit(1).scalar_subquery().is_not(None)
