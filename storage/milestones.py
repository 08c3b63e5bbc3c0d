"""Milestones: one-time bonuses for numbers of converted referrals, and who was awarded them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel, col, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.ids import new_id
from storage.leaderboard import EVER, MonthRollup


class Milestone(SQLModel, table=True):
    """One milestone: whoever has `referral_threshold` converted referrals gets the bonus, once.

    The bonus is minor units of the program's currency. While not `is_active` nobody gets it.
    One that was awarded and then deleted is kept, with `archived_at`.
    """

    __tablename__ = "affiliate_milestones"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    referral_threshold: int
    bonus_amount_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    description: str = ""
    is_active: bool = True
    sort_order: int = 0
    archived_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class MilestoneAward(SQLModel, table=True):
    """A milestone that an affiliate reached, as it was then: its name, number and bonus.

    `revision` counts the ledger entries: the bonus, its withdrawal, the bonus again. It is
    `withdrawn` while the last one took it back. After `available_at` it stays.
    """

    __tablename__ = "affiliate_milestone_awards"
    __table_args__ = (
        UniqueConstraint("affiliate_user_id", "milestone_id"),
        Index("ix_affiliate_milestone_awards_milestone", "milestone_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    milestone_id: UUID = Field(foreign_key="affiliate_milestones.id")
    name: str
    referral_threshold: int
    bonus_amount_cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    revision: int = 0
    withdrawn: bool = False
    awarded_at: datetime = Field(default_factory=clock.now)
    available_at: datetime
    updated_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, milestone_id: UUID, *, lock: bool = False) -> Milestone | None:
    """One milestone; `lock` holds the row until the transaction ends."""
    return await session.get(
        Milestone, milestone_id, with_for_update=lock or None, populate_existing=lock
    )


async def in_order(
    session: AsyncSession, *, only_active: bool = False, hold: bool = False
) -> Sequence[Milestone]:
    """The milestones that were not deleted, by their order, then by the number they begin at.

    `hold` keeps them from being changed or deleted until the transaction ends.
    """
    query = select(Milestone).where(col(Milestone.archived_at).is_(None))
    if only_active:
        query = query.where(col(Milestone.is_active).is_(True))
    query = query.order_by(
        col(Milestone.sort_order), col(Milestone.referral_threshold), col(Milestone.id)
    )
    if hold:
        query = query.with_for_update(read=True, key_share=True)
        query = query.execution_options(populate_existing=True)
    return (await session.exec(query)).all()


async def awards_of(session: AsyncSession, affiliate_id: UUID) -> Sequence[MilestoneAward]:
    """What an affiliate was awarded, withdrawn or not, the smallest number first."""
    query = (
        select(MilestoneAward)
        .where(MilestoneAward.affiliate_user_id == affiliate_id)
        .order_by(col(MilestoneAward.referral_threshold), col(MilestoneAward.id))
        .execution_options(populate_existing=True)
    )
    return (await session.exec(query)).all()


async def award(session: AsyncSession, award_id: UUID) -> MilestoneAward | None:
    """One award."""
    return await session.get(MilestoneAward, award_id)


async def count_awards(session: AsyncSession) -> dict[UUID, int]:
    """How many affiliates have each milestone's bonus; withdrawn ones do not count."""
    query = select(MilestoneAward.milestone_id, func.count()).where(
        col(MilestoneAward.withdrawn).is_(False)
    )
    return dict((await session.exec(query.group_by(col(MilestoneAward.milestone_id)))).all())


async def was_awarded(session: AsyncSession, milestone_id: UUID) -> bool:
    """Whether anybody ever got it, also if it was withdrawn."""
    query = select(MilestoneAward.id).where(MilestoneAward.milestone_id == milestone_id)
    return (await session.exec(query.limit(1))).first() is not None


async def count_due(
    session: AsyncSession, threshold: int, status: str, milestone_id: UUID | None = None
) -> int:
    """How many affiliates in a status have so many converted referrals.

    Those whom the milestone, where there is one, was awarded to before do not count.
    """
    reached = (
        select(MonthRollup.affiliate_user_id)
        .join(Affiliate, col(Affiliate.id) == col(MonthRollup.affiliate_user_id))
        .where(
            MonthRollup.period == EVER,
            col(MonthRollup.referrals) >= threshold,
            Affiliate.status == status,
        )
    )
    if milestone_id is not None:
        reached = reached.where(
            ~exists().where(
                col(MilestoneAward.affiliate_user_id) == col(MonthRollup.affiliate_user_id),
                col(MilestoneAward.milestone_id) == milestone_id,
            )
        )
    return (await session.exec(select(func.count()).select_from(reached.subquery()))).one()


async def due(session: AsyncSession, status: str, at: datetime, limit: int) -> Sequence[UUID]:
    """Who in a status has reached a milestone in force and has not its bonus, or has it in vain.

    In vain are those with too few referrals by now and a bonus that is still on hold.
    """
    counts = (
        select(
            col(MonthRollup.affiliate_user_id).label("affiliate"),
            col(MonthRollup.referrals).label("converted"),
        )
        .where(MonthRollup.period == EVER, col(MonthRollup.referrals) > 0)
        .subquery()
    )
    in_force = col(Milestone.is_active).is_(True) & col(Milestone.archived_at).is_(None)
    missing = (
        select(counts.c.affiliate)
        .join(Affiliate, col(Affiliate.id) == counts.c.affiliate)
        .join(Milestone, in_force & (col(Milestone.referral_threshold) <= counts.c.converted))
        .where(
            Affiliate.status == status,
            ~exists().where(
                col(MilestoneAward.affiliate_user_id) == counts.c.affiliate,
                col(MilestoneAward.milestone_id) == col(Milestone.id),
            ),
        )
    )
    again = (
        select(col(MilestoneAward.affiliate_user_id))
        .join(Milestone, in_force & (col(Milestone.id) == col(MilestoneAward.milestone_id)))
        .join(Affiliate, col(Affiliate.id) == col(MilestoneAward.affiliate_user_id))
        .join(counts, counts.c.affiliate == col(MilestoneAward.affiliate_user_id))
        .where(
            Affiliate.status == status,
            col(MilestoneAward.withdrawn).is_(True),
            counts.c.converted >= col(MilestoneAward.referral_threshold),
        )
    )
    in_vain = (
        select(col(MilestoneAward.affiliate_user_id))
        .outerjoin(counts, counts.c.affiliate == col(MilestoneAward.affiliate_user_id))
        .where(
            col(MilestoneAward.withdrawn).is_(False),
            col(MilestoneAward.available_at) > at,
            func.coalesce(counts.c.converted, 0) < col(MilestoneAward.referral_threshold),
        )
    )
    found = missing.union(again, in_vain).subquery()
    rows = await session.exec(select(found.c[0]).order_by(found.c[0]).limit(limit))
    return rows.all()


async def totals(session: AsyncSession) -> dict[tuple[UUID, str], int]:
    """What every affiliate's bonuses come to, by affiliate and currency, in minor units."""
    query = (
        select(
            MilestoneAward.affiliate_user_id,
            MilestoneAward.currency,
            func.sum(MilestoneAward.bonus_amount_cents),
        )
        .where(col(MilestoneAward.withdrawn).is_(False))
        .group_by(col(MilestoneAward.affiliate_user_id), col(MilestoneAward.currency))
    )
    return {(owner, currency): int(sum_) for owner, currency, sum_ in await session.exec(query)}
