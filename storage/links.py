"""Referral links: the `ref` that leads back to an affiliate."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel, col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id


class ReferralLink(SQLModel, table=True):
    """An affiliate's link. `ref` stands in `/r/{ref}`, `?ref=` and `/affiliate/join/{ref}`.

    `recruited_by_affiliate_id` is who brought the affiliate into the program, if somebody did.
    `fraud_score` is 0 to 100, as it was found at `fraud_score_updated_at`.
    """

    __tablename__ = "referral_links"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    ref: str = Field(unique=True)
    suspended: bool = False
    suspension_reason: str = ""
    fraud_score: int = 0
    fraud_score_updated_at: datetime | None = None
    recruited_by_affiliate_id: UUID | None = Field(
        default=None, foreign_key="affiliates.id", index=True
    )
    created_at: datetime = Field(default_factory=clock.now)


async def of_affiliate(session: AsyncSession, affiliate_id: UUID) -> ReferralLink | None:
    """The affiliate's link."""
    query = select(ReferralLink).where(ReferralLink.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(ReferralLink.id)).limit(1))).one_or_none()


async def ref_of(session: AsyncSession, affiliate_id: UUID) -> str | None:
    """The ref of the affiliate's link."""
    query = select(ReferralLink.ref).where(ReferralLink.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(ReferralLink.id)).limit(1))).one_or_none()


async def by_ref(session: AsyncSession, ref: str) -> ReferralLink | None:
    """The link with this ref."""
    return (await session.exec(select(ReferralLink).where(ReferralLink.ref == ref))).one_or_none()


async def taken(session: AsyncSession, refs: set[str]) -> set[str]:
    """Which of these refs lead to somebody already."""
    query = select(ReferralLink.ref).where(col(ReferralLink.ref).in_(refs))
    return set((await session.exec(query)).all())


async def suspend(session: AsyncSession, affiliate_id: UUID, reason: str) -> None:
    """Suspend an affiliate's links for a reason; with none, let them count again."""
    change = update(ReferralLink).where(col(ReferralLink.affiliate_user_id) == affiliate_id)
    await session.exec(change.values(suspended=bool(reason), suspension_reason=reason))
