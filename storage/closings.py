"""What each account had at a midnight: entries of before are summed up, and read no more."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, delete, insert
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import retention
from storage.ledger import EARLY, LedgerEntry

MARK: Final = "ledger_closing"
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""SQLite takes an open range for half of the table: each has an end."""

Sums = dict[tuple[UUID, str], int]


class LedgerClosing(SQLModel, table=True):
    """The sum of all entries that were posted before the mark and free by then, in minor units."""

    __tablename__ = "affiliate_ledger_closings"

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    currency: str = Field(primary_key=True)
    amount: int = Field(sa_column=Column(BigInteger, nullable=False))


async def close(session: AsyncSession, until: datetime, *, anew: bool = False) -> None:
    """Sum up to a moment that is some time ago, so that nothing is posted before it any more.

    `anew` reads all entries again, and not only those since the closing before.
    """
    since = None if anew else await retention.whole_since(session, MARK)
    since = since or _BEGINNING
    if since >= until:
        return
    posted, free = col(LedgerEntry.created_at), col(LedgerEntry.available_at)
    sums = {} if since == _BEGINNING else await _closed(session)
    for some in (
        await _sums(session, free > since, free <= until, posted < until),
        await _sums(session, EARLY, posted >= since, posted < until, free <= since),
    ):
        for account, amount in some.items():
            sums[account] = sums.get(account, 0) + amount
    await session.exec(delete(LedgerClosing))
    if sums:
        rows: list[dict[str, Any]] = [
            {"affiliate_user_id": owner, "currency": currency, "amount": amount}
            for (owner, currency), amount in sums.items()
        ]
        await (await session.connection()).execute(insert(LedgerClosing), rows)
    await retention.mark(session, MARK, until)


async def balances(session: AsyncSession, at: datetime) -> dict[tuple[UUID, str], tuple[int, int]]:
    """`(available, pending)` of everybody at a moment, by affiliate and currency."""
    since = await retention.whole_since(session, MARK)
    if since is None or since > at:
        since = _BEGINNING
    posted, free = col(LedgerEntry.created_at), col(LedgerEntry.available_at)
    available = await _closed(session) if since > _BEGINNING else {}
    pending = await _sums(session, free > at, free < _END)
    for some in (
        await _sums(session, free > since, free <= at),
        await _sums(session, EARLY, posted >= since, posted < _END, free <= since),
    ):
        for account, amount in some.items():
            available[account] = available.get(account, 0) + amount
    return {
        account: (available.get(account, 0), pending.get(account, 0))
        for account in available.keys() | pending.keys()
    }


async def _closed(session: AsyncSession) -> Sums:
    rows = await session.exec(select(LedgerClosing))
    return {(row.affiliate_user_id, row.currency): row.amount for row in rows}


async def _sums(session: AsyncSession, *conditions: ColumnElement[bool] | Any) -> Sums:
    # By a value, not by the column: SQLite would rather read an index that is in order of accounts.
    owner = func.coalesce(LedgerEntry.affiliate_user_id, LedgerEntry.affiliate_user_id)
    query = select(owner, LedgerEntry.currency, func.sum(LedgerEntry.amount)).where(*conditions)
    found = await session.exec(query.group_by(owner, col(LedgerEntry.currency)))
    return {(account, currency): int(amount) for account, currency, amount in found}
