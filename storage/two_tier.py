"""Second-tier commissions: what an affiliate earns from the sales of those whom they recruited."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.ids import new_id
from storage.links import ReferralLink
from storage.sales import Sale


class SecondTierCommission(SQLModel, table=True):
    """A recruiter's share of one commission of their recruit, in minor units of `currency`.

    `tier1_affiliate_id` recruited `tier2_affiliate_id`, who earns the original commission.
    `commission_amount_cents` is the sum of its ledger entries. Who gets it, `rate_bp` (basis
    points), `base` (of the `commission`, or of the `sale` that it is a share of) and
    `available_at` never change. `revision` counts the entries posted.
    """

    __tablename__ = "affiliate_second_tier_commissions"
    __table_args__ = (Index("ix_affiliate_second_tier_commissions_tier1", "tier1_affiliate_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tier1_affiliate_id: UUID = Field(foreign_key="affiliates.id")
    tier2_affiliate_id: UUID = Field(foreign_key="affiliates.id")
    original_commission_id: UUID = Field(foreign_key="affiliate_commissions.id", unique=True)
    rate_bp: int
    base: str
    commission_amount_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    currency: str
    revision: int = 0
    available_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


async def of_commission(session: AsyncSession, commission_id: UUID) -> SecondTierCommission | None:
    """The share that a recruiter has in a commission, if one was promised when it was made."""
    query = select(SecondTierCommission).where(
        SecondTierCommission.original_commission_id == commission_id
    )
    return (await session.exec(query)).one_or_none()


async def recruiter_of(session: AsyncSession, affiliate_id: UUID) -> UUID | None:
    """Who recruited an affiliate, if anybody did."""
    query = (
        select(ReferralLink.recruited_by_affiliate_id)
        .where(ReferralLink.affiliate_user_id == affiliate_id)
        .order_by(col(ReferralLink.id))
        .limit(1)
    )
    return (await session.exec(query)).first()


async def recruits(
    session: AsyncSession, recruiter_id: UUID, limit: int | None = None
) -> Sequence[Affiliate]:
    """Whom an affiliate recruited, the last to join first."""
    query = (
        select(Affiliate)
        .join(ReferralLink, col(ReferralLink.affiliate_user_id) == col(Affiliate.id))
        .where(ReferralLink.recruited_by_affiliate_id == recruiter_id)
        .order_by(col(Affiliate.approved_at).desc(), col(Affiliate.id).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def count_recruits(session: AsyncSession, recruiter_id: UUID) -> int:
    """How many affiliates somebody recruited."""
    query = select(func.count()).where(ReferralLink.recruited_by_affiliate_id == recruiter_id)
    return (await session.exec(query)).one()


async def earned_from(session: AsyncSession, recruiter_id: UUID) -> dict[tuple[UUID, str], int]:
    """What somebody's shares come to, by recruit and currency, in minor units.

    Also of those who are not their recruits any more.
    """
    total = func.sum(SecondTierCommission.commission_amount_cents)
    query = (
        select(SecondTierCommission.tier2_affiliate_id, SecondTierCommission.currency, total)
        .where(SecondTierCommission.tier1_affiliate_id == recruiter_id)
        .group_by(col(SecondTierCommission.tier2_affiliate_id), col(SecondTierCommission.currency))
    )
    return {
        (recruit, currency): int(cents) for recruit, currency, cents in await session.exec(query)
    }


async def totals(session: AsyncSession) -> dict[tuple[UUID, str], int]:
    """What all shares come to, by recruiter and currency, in minor units."""
    total = func.sum(SecondTierCommission.commission_amount_cents)
    query = select(
        SecondTierCommission.tier1_affiliate_id, SecondTierCommission.currency, total
    ).group_by(col(SecondTierCommission.tier1_affiliate_id), col(SecondTierCommission.currency))
    return {(owner, currency): int(amount) for owner, currency, amount in await session.exec(query)}


async def with_originals(
    session: AsyncSession,
) -> AsyncIterator[tuple[SecondTierCommission, Commission, Sale]]:
    """Every share with the commission that it is of and that one's sale, streamed."""
    query = (
        select(SecondTierCommission, Commission, Sale)
        .join(Commission, col(Commission.id) == col(SecondTierCommission.original_commission_id))
        .join(Sale, col(Sale.id) == col(Commission.sale_id))
        .order_by(col(SecondTierCommission.id))
    )
    async for share, commission, sale in await session.stream(
        query.execution_options(yield_per=500)
    ):
        yield share, commission, sale
