"""Batches: payouts that were put into one payment file, so that no second file holds them."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.locks import take_turn
from storage.payouts import APPROVED, Payout

OPEN = "open"
PAID = "paid"
RELEASED = "released"


class PayoutBatch(SQLModel, table=True):
    """One payment file for a service and a currency; `Payout.batch` says what is in it.

    It is open until somebody says that it was paid, or that it never will be.
    """

    __tablename__ = "payout_batches"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    service: str
    currency: str
    status: str = OPEN
    reference: str = ""
    made_at: datetime = Field(default_factory=clock.now)
    made_by: str
    closed_at: datetime | None = None
    closed_by: str = ""


async def get(session: AsyncSession, number: int, *, lock: bool = False) -> PayoutBatch | None:
    """One batch; `lock` holds the row until the transaction ends."""
    return await session.get(PayoutBatch, number, with_for_update=lock, populate_existing=lock)


async def take_turn_to_make(session: AsyncSession) -> None:
    """Wait until nobody else makes batches, until this transaction ends."""
    await take_turn(session, "payout_batches")


async def add(
    session: AsyncSession, service: str, currency: str, payouts: Sequence[Payout], made_by: str
) -> PayoutBatch:
    """Put payouts into a new batch; numbers are given in turn."""
    last = (await session.exec(select(func.max(PayoutBatch.number)))).one()
    batch = PayoutBatch(number=(last or 0) + 1, service=service, currency=currency, made_by=made_by)
    session.add(batch)
    await session.flush()
    for payout in payouts:
        payout.batch = batch.number
    session.add_all(payouts)
    await session.flush()
    return batch


async def payouts_in(session: AsyncSession, number: int, *, lock: bool = False) -> Sequence[Payout]:
    """What was put into a batch, oldest request first; `lock` holds the rows."""
    query = select(Payout).where(Payout.batch == number).order_by(col(Payout.id))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).all()


async def waiting(session: AsyncSession) -> Sequence[tuple[PayoutBatch, int, int]]:
    """Open batches that hold anything to pay: how many payouts, and their sum; oldest first."""
    query = (
        select(PayoutBatch, func.count(), func.sum(Payout.amount_cents))
        .join(Payout, col(Payout.batch) == col(PayoutBatch.number))
        .where(PayoutBatch.status == OPEN, Payout.status == APPROVED)
        .group_by(col(PayoutBatch.number))
        .order_by(col(PayoutBatch.number))
    )
    found = (await session.exec(query)).all()
    return [(batch, count, int(total)) for batch, count, total in found]
