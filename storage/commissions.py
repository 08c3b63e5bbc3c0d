"""Commissions: what an affiliate earns from a sale, on terms frozen when it was first seen."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, and_, or_
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id
from storage.pages import Stretch, newest
from storage.referrals import Referral
from storage.sales import Sale

_AT_ONCE = 500


class Commission(SQLModel, table=True):
    """One commission. `amount_cents` is the sum of its ledger entries, in minor units.

    `rate_bp`, `base`, `cycle`, `attributed_by` and `available_at` never change. `revision`
    counts the entries posted: each difference is one.
    """

    __tablename__ = "affiliate_commissions"
    __table_args__ = (
        Index("ix_affiliate_commissions_affiliate", "affiliate_user_id", "created_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sale_id: UUID = Field(foreign_key="sales.id", unique=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    rate_bp: int
    base: str
    cycle: int
    attributed_by: str
    amount_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    currency: str
    revision: int = 0
    available_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


async def of_sale(session: AsyncSession, sale_id: UUID) -> Commission | None:
    """The commission of a sale, if somebody earns one."""
    return (
        await session.exec(select(Commission).where(Commission.sale_id == sale_id))
    ).one_or_none()


async def of_affiliate(
    session: AsyncSession, affiliate_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Sequence[tuple[Sale, Commission | None]]:
    """The sales credited to an affiliate, the last paid first, each with its commission, if any.

    `before` is the last sale of the page before; nothing comes before an unknown one.
    """
    query = (
        select(Sale, Commission)
        .outerjoin(Commission, col(Commission.sale_id) == col(Sale.id))
        .where(Sale.affiliate_user_id == affiliate_id)
        .order_by(col(Sale.paid_at).desc(), col(Sale.id).desc())
        .limit(limit)
    )
    if before is not None:
        last = await session.get(Sale, before)
        if last is None:
            return []
        at_once = and_(col(Sale.paid_at) == last.paid_at, col(Sale.id) < last.id)
        query = query.where(or_(col(Sale.paid_at) < last.paid_at, at_once))
    return (await session.exec(query)).all()


async def history(
    session: AsyncSession, affiliate_id: UUID, stretch: Stretch
) -> Sequence[tuple[Commission, Sale, UUID | None]]:
    """An affiliate's commissions with their sales, the newest first, and whose they are.

    That is the id of their referral, where the customer is one.
    """
    own = and_(
        col(Referral.customer_id) == col(Sale.customer_id),
        col(Referral.affiliate_user_id) == affiliate_id,
    )
    query = (
        select(Commission, Sale, Referral.id)
        .join(Sale, col(Sale.id) == col(Commission.sale_id))
        .outerjoin(Referral, own)
        .where(Commission.affiliate_user_id == affiliate_id)
    )
    found = await session.exec(newest(query, Commission, stretch))
    return [(commission, sale, referral) for commission, sale, referral in found]


async def with_sales(
    session: AsyncSession, ids: Sequence[UUID]
) -> dict[UUID, tuple[Commission, Sale]]:
    """These commissions with their sales, by id; asked for in parts, as statements are limited."""
    found: dict[UUID, tuple[Commission, Sale]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            select(Commission, Sale)
            .join(Sale, col(Sale.id) == col(Commission.sale_id))
            .where(col(Commission.id).in_(ids[start : start + _AT_ONCE]))
        )
        found |= {
            commission.id: (commission, sale) for commission, sale in await session.exec(query)
        }
    return found


async def count_of_affiliate(session: AsyncSession, affiliate_id: UUID) -> int:
    """How many commissions an affiliate has, also those that were taken back."""
    owner = Commission.affiliate_user_id == affiliate_id
    return (await session.exec(select(func.count()).select_from(Commission).where(owner))).one()


async def totals(session: AsyncSession) -> dict[tuple[UUID, str], int]:
    """What every affiliate's commissions come to, by affiliate and currency, in minor units."""
    query = select(
        Commission.affiliate_user_id, Commission.currency, func.sum(Commission.amount_cents)
    ).group_by(col(Commission.affiliate_user_id), col(Commission.currency))
    return {(owner, currency): int(amount) for owner, currency, amount in await session.exec(query)}
