"""Sales by the day on which they were paid: what operators' figures of long stretches read."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import BigInteger, Column, delete, insert
from sqlalchemy import select as sa_select
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage import retention
from storage.columns import utc_day
from storage.locks import take_turn
from storage.sales import Sale

MARK: Final = "sale_days"
_MARGIN: Final = timedelta(minutes=10)
"""No transaction lasts as long: what it changed is looked at again."""


class SaleDay(SQLModel, table=True):
    """The sales of a UTC day that brought anything, as they were at the mark.

    `kept` is what was collected, less refunds and disputes, in minor units.
    """

    __tablename__ = "sale_days"

    day: date = Field(primary_key=True)
    outcome: str = Field(primary_key=True)
    currency: str = Field(primary_key=True)
    count: int
    kept: int = Field(sa_column=Column(BigInteger, nullable=False))


async def fold(session: AsyncSession) -> None:
    """Sum anew the days of which a sale has changed since the last time."""
    await take_turn(session, MARK)
    now = clock.now()
    days = await _changed(session)
    if days is None:
        rows = await _sums(session)
        await session.exec(delete(SaleDay))
    else:
        rows = [row for day in sorted(days) for row in await _sums(session, day)]
        if days:
            await session.exec(delete(SaleDay).where(col(SaleDay.day).in_(days)))
    if rows:
        values: list[dict[str, Any]] = [row.model_dump() for row in rows]
        await (await session.connection()).execute(insert(SaleDay), values)
    await retention.mark(session, MARK, now)


async def since(session: AsyncSession, first: date) -> list[SaleDay]:
    """Every day from one on, as it is now: those that have changed meanwhile are summed here."""
    days = await _changed(session)
    if days is None:
        return await _sums(session, since=first)
    query = select(SaleDay).where(col(SaleDay.day) >= first, col(SaleDay.day).not_in(days))
    kept = list((await session.exec(query)).all())
    for day in sorted(day for day in days if day >= first):
        kept += await _sums(session, day)
    return kept


async def _changed(session: AsyncSession) -> set[date] | None:
    """The days of which a sale has changed since the mark; None if there is no mark."""
    mark = await retention.whole_since(session, MARK)
    if mark is None:
        return None
    # With an end, as SQLite takes an open range for half of the table.
    query = select(Sale.paid_at).where(
        col(Sale.updated_at) >= mark - _MARGIN, col(Sale.updated_at) <= clock.now() + _MARGIN
    )
    return {paid.astimezone(UTC).date() for paid in await session.exec(query)}


async def _sums(
    session: AsyncSession, day: date | None = None, *, since: date = date.min
) -> list[SaleDay]:
    """One day, or all from one on, from the sales themselves."""
    of = utc_day(session)(Sale.paid_at)
    kept = func.sum(Sale.collected - Sale.refunded - Sale.disputed)
    query = sa_select(of, col(Sale.outcome), col(Sale.currency), func.count(), kept).where(
        col(Sale.collected) > 0
    )
    if day is not None:
        start = datetime.combine(day, time(), UTC)
        query = query.where(
            col(Sale.paid_at) >= start, col(Sale.paid_at) < start + timedelta(days=1)
        )
    elif since > date.min:
        query = query.where(col(Sale.paid_at) >= datetime.combine(since, time(), UTC))
    connection = await session.connection()
    found = await connection.execute(query.group_by(of, col(Sale.outcome), col(Sale.currency)))
    return [
        SaleDay(day=on, outcome=outcome, currency=currency, count=count, kept=int(amount))
        for on, outcome, currency, count, amount in found
    ]
