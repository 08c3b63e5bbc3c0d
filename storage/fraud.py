"""How likely fraud is, affiliate by affiliate: scores with their history, pauses, and appeals."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.columns import json_field
from storage.ids import new_id
from storage.links import ReferralLink

RESTORED, BANNED = "restored", "banned"


class FraudScore(SQLModel, table=True):
    """A score of 0 to 100 as it was found; a new row only where score or reasons changed.

    `reasons` are `{"rule", "points", "words", "measure", "evidence"}`, the weightiest first.
    `because` is what made us look.
    """

    __tablename__ = "affiliate_fraud_scores"
    __table_args__ = (Index("ix_affiliate_fraud_scores_latest", "affiliate_user_id", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    score: int
    reasons: list[dict[str, Any]] = json_field(list)
    because: str = ""
    created_at: datetime = Field(default_factory=clock.now)


class FraudFlag(SQLModel, table=True):
    """A pause for a score, until operators decide. `reasons` are those known when they did.

    `open_key` is the affiliate's id until then, so that nobody has two. `by_hand` is a decision
    that was made without a pause of ours: it was no less made about these reasons.
    """

    __tablename__ = "affiliate_fraud_flags"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    open_key: str | None = Field(default=None, unique=True)
    score: int
    reasons: list[dict[str, Any]] = json_field(list)
    by_hand: bool = False
    decision: str = ""
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    flagged_at: datetime = Field(default_factory=clock.now)


class FraudAppeal(SQLModel, table=True):
    """What an affiliate says to a pause or a ban; `once` lets them do so once for each."""

    __tablename__ = "affiliate_fraud_appeals"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    flag_id: UUID = Field(foreign_key="affiliate_fraud_flags.id", index=True)
    once: str = Field(unique=True)
    text: str
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)


class SelfReferral(SQLModel, table=True):
    """A purchase or a sign-up that was refused, since affiliate and customer are one person.

    `subject` names the invoice, or the affiliate and the day. No foreign key: on
    PostgreSQL its check would have the sale hold the row of an affiliate whom it is not credited
    to.
    """

    __tablename__ = "affiliate_self_referrals"
    __table_args__ = (
        Index("ix_affiliate_self_referrals_affiliate", "affiliate_user_id", "happened_at"),
    )

    subject: str = Field(primary_key=True)
    affiliate_user_id: UUID
    how: str
    happened_at: datetime


async def latest(session: AsyncSession, affiliate_id: UUID) -> FraudScore | None:
    """The score as it was found last."""
    found = await history(session, affiliate_id, 1)
    return found[0] if found else None


async def history(session: AsyncSession, affiliate_id: UUID, limit: int) -> Sequence[FraudScore]:
    """How the score changed, the newest first."""
    query = select(FraudScore).where(FraudScore.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(FraudScore.id).desc()).limit(limit))).all()


async def keep_current(session: AsyncSession, affiliate_id: UUID, score: int, at: datetime) -> None:
    """Write the score on the affiliate's links."""
    change = update(ReferralLink).where(col(ReferralLink.affiliate_user_id) == affiliate_id)
    await session.exec(change.values(fraud_score=score, fraud_score_updated_at=at))


async def current(
    session: AsyncSession, affiliates: Collection[UUID]
) -> dict[UUID, tuple[int, datetime | None]]:
    """`(score, found at)` of these affiliates; the moment is null where nobody looked yet."""
    query = select(
        ReferralLink.affiliate_user_id,
        ReferralLink.fraud_score,
        ReferralLink.fraud_score_updated_at,
    ).where(col(ReferralLink.affiliate_user_id).in_(affiliates))
    return {owner: (score, at) for owner, score, at in await session.exec(query)}


async def get_flag(session: AsyncSession, flag_id: UUID, *, lock: bool = False) -> FraudFlag | None:
    """One pause; `lock` holds the row until the transaction ends."""
    return await session.get(FraudFlag, flag_id, with_for_update=lock, populate_existing=lock)


async def open_flag(session: AsyncSession, affiliate_id: UUID) -> FraudFlag | None:
    """The pause of an affiliate that nobody has decided."""
    query = select(FraudFlag).where(FraudFlag.open_key == str(affiliate_id))
    return (await session.exec(query)).one_or_none()


async def flags_of(session: AsyncSession, affiliate_id: UUID, limit: int) -> Sequence[FraudFlag]:
    """An affiliate's pauses and decisions, the newest first."""
    query = select(FraudFlag).where(FraudFlag.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(FraudFlag.id).desc()).limit(limit))).all()


async def page(
    session: AsyncSession, *, before: UUID | None, limit: int, only_open: bool
) -> Sequence[FraudFlag]:
    """Pauses and decisions, or those that wait for one, the newest first."""
    query = select(FraudFlag).order_by(col(FraudFlag.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(FraudFlag.id) < before)
    if only_open:
        query = query.where(col(FraudFlag.open_key).is_not(None))
    return (await session.exec(query)).all()


async def open_flags(session: AsyncSession, limit: int) -> Sequence[tuple[FraudFlag, Affiliate]]:
    """The pauses that wait for a decision, the longest waiting first."""
    query = (
        select(FraudFlag, Affiliate)
        .join(Affiliate, col(Affiliate.id) == col(FraudFlag.affiliate_user_id))
        .where(col(FraudFlag.open_key).is_not(None))
        .order_by(col(FraudFlag.id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def count_open(session: AsyncSession) -> int:
    """How many pauses wait for a decision."""
    query = select(func.count()).where(col(FraudFlag.open_key).is_not(None))
    return (await session.exec(query)).one()


async def appeals_of(session: AsyncSession, flag_id: UUID) -> Sequence[FraudAppeal]:
    """What the affiliate said to a pause and to what came of it, the oldest first."""
    query = select(FraudAppeal).where(FraudAppeal.flag_id == flag_id)
    return (await session.exec(query.order_by(col(FraudAppeal.id)))).all()


async def get_appeal(
    session: AsyncSession, appeal_id: UUID, *, lock: bool = False
) -> FraudAppeal | None:
    """One appeal; `lock` holds the row until the transaction ends."""
    return await session.get(FraudAppeal, appeal_id, with_for_update=lock, populate_existing=lock)
