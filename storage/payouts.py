"""Payouts: money on its way to an affiliate, reserved from the moment it is asked for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, text
from sqlmodel import Field, SQLModel, col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.columns import json_field
from storage.ids import new_id
from storage.ledger import LedgerEntry

REQUESTED = "requested"
APPROVED = "approved"
PAID = "paid"
REJECTED = "rejected"
FAILED = "failed"
OPEN = (REQUESTED, APPROVED)
MANUAL = "manual"
REVERSED = ":reversed:"
"""Stands in the source of ledger entries for what came back of a payout that was paid."""


class Payout(SQLModel, table=True):
    """One payout of `amount_cents` minor units of `currency`.

    `approvals` says who approved, in order, as `{"id", "name"}`. `reference` is the proof of
    payment: a transfer's id, or what the person who paid it wrote down. `batch` is the number of
    the payment file that it is in, null if it is in none. `withheld_cents` were taken from the
    balance beside it, for the tax office; `tax_form_id` is the form that it was asked for with.
    An affiliate has one open payout at most per currency, which the unique index keeps true under
    any race.
    """

    __tablename__ = "affiliate_payouts"
    __table_args__ = (
        Index(
            "ix_affiliate_payouts_one_open",
            "affiliate_user_id",
            "currency",
            unique=True,
            sqlite_where=text("status IN ('requested', 'approved')"),
            postgresql_where=text("status IN ('requested', 'approved')"),
        ),
        Index("ix_affiliate_payouts_status", "status", "requested_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    amount_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    withheld_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    currency: str
    tax_form_id: UUID | None = Field(default=None, foreign_key="affiliate_tax_info.id")
    status: str = REQUESTED
    method: str = MANUAL
    destination: str = ""
    approvals: list[dict[str, str]] = json_field(list)
    decided_by: str = ""
    reason: str = ""
    reference: str = ""
    batch: int | None = Field(default=None, foreign_key="payout_batches.number", index=True)
    requested_at: datetime = Field(default_factory=clock.now)
    decided_at: datetime | None = None
    paid_at: datetime | None = None

    @property
    def number(self) -> str:
        """What people call it: short enough to be read aloud, long enough to be told apart."""
        return self.id.hex[-8:].upper()


async def get(session: AsyncSession, payout_id: UUID, *, lock: bool = False) -> Payout | None:
    """One payout; `lock` holds the row until the transaction ends."""
    return await session.get(Payout, payout_id, with_for_update=lock, populate_existing=lock)


async def of_affiliate(session: AsyncSession, affiliate_id: UUID) -> Sequence[Payout]:
    """An affiliate's payouts, newest first."""
    query = select(Payout).where(Payout.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(Payout.id).desc()))).all()


async def open_ones(session: AsyncSession, limit: int = 100) -> Sequence[Payout]:
    """Payouts that wait for somebody, oldest first."""
    query = select(Payout).where(col(Payout.status).in_(OPEN))
    return (await session.exec(query.order_by(col(Payout.requested_at)).limit(limit))).all()


async def page(
    session: AsyncSession,
    *,
    before: UUID | None,
    limit: int,
    statuses: Sequence[str] = (),
    affiliate_id: UUID | None = None,
) -> Sequence[Payout]:
    """Payouts, the newest first, from below `before` on; of these statuses, of one affiliate."""
    query = select(Payout).order_by(col(Payout.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Payout.id) < before)
    if statuses:
        query = query.where(col(Payout.status).in_(statuses))
    if affiliate_id is not None:
        query = query.where(Payout.affiliate_user_id == affiliate_id)
    return (await session.exec(query)).all()


async def last_paid(session: AsyncSession, affiliate_id: UUID) -> datetime | None:
    """When an affiliate was last paid."""
    query = select(func.max(Payout.paid_at)).where(Payout.affiliate_user_id == affiliate_id)
    return (await session.exec(query)).one()


async def forget_tax_form(session: AsyncSession, form_id: UUID) -> None:
    """Note no more by which version of a tax form payouts were asked for."""
    change = update(Payout).where(col(Payout.tax_form_id) == form_id).values(tax_form_id=None)
    await session.exec(change)


async def count_open(session: AsyncSession) -> int:
    """How many payouts wait for somebody."""
    query = select(func.count()).select_from(Payout).where(col(Payout.status).in_(OPEN))
    return (await session.exec(query)).one()


async def to_be_batched(
    session: AsyncSession, methods: Sequence[str]
) -> Sequence[tuple[Payout, Affiliate]]:
    """Payouts that are approved, to be paid in one of these ways, and in no payment file yet.

    Each with who gets it; the payouts are locked until the transaction ends.
    """
    query = (
        select(Payout, Affiliate)
        .join(Affiliate, col(Affiliate.id) == col(Payout.affiliate_user_id))
        .where(
            Payout.status == APPROVED,
            col(Payout.method).in_(methods),
            col(Payout.batch).is_(None),
        )
        .order_by(col(Payout.id))
        .with_for_update(of=Payout)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(query)).all()


async def open_of(session: AsyncSession, affiliate_id: UUID, currency: str) -> Payout | None:
    """The payout of this currency that is on its way to an affiliate, if there is one."""
    query = select(Payout).where(
        Payout.affiliate_user_id == affiliate_id,
        Payout.currency == currency,
        col(Payout.status).in_(OPEN),
    )
    return (await session.exec(query)).one_or_none()


async def open_ones_of(session: AsyncSession, affiliate_id: UUID) -> Sequence[Payout]:
    """An affiliate's payouts that are on their way: one of each currency at most."""
    query = select(Payout).where(
        Payout.affiliate_user_id == affiliate_id, col(Payout.status).in_(OPEN)
    )
    return (await session.exec(query)).all()


async def foremost(session: AsyncSession, affiliate_id: UUID) -> Payout:
    """Of an affiliate's payouts the one that matters now: the newest on its way, else the newest.

    They have to have one.
    """
    query = select(Payout).where(Payout.affiliate_user_id == affiliate_id)
    rank = (col(Payout.status).in_(OPEN), col(Payout.requested_at), col(Payout.id))
    return (await session.exec(query.order_by(*(each.desc() for each in rank)).limit(1))).one()


async def by_reference(session: AsyncSession, reference: str, method: str) -> Payout | None:
    """The payout that was paid by this, locked until the transaction ends."""
    query = select(Payout).where(Payout.reference == reference, Payout.method == method)
    return (await session.exec(query.with_for_update())).one_or_none()


async def given_back(session: AsyncSession, payout: Payout) -> int:
    """How much of a paid payout came back to the balance, in minor units."""
    query = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(
        LedgerEntry.affiliate_user_id == payout.affiliate_user_id,
        col(LedgerEntry.source).startswith(f"payout:{payout.id}{REVERSED}"),
    )
    return int((await session.exec(query)).one())
