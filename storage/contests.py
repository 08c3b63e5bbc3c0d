"""Contests: who brings the most in a stretch of time wins a prize."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Index, and_, or_
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id

UPCOMING: Final = "upcoming"
ACTIVE: Final = "active"
ENDED: Final = "ended"
ANNOUNCED: Final = "announced"
CANCELLED: Final = "cancelled"

REFERRALS: Final = "referrals"
EARNINGS: Final = "earnings"


class Contest(SQLModel, table=True):
    """One contest, from `start_date` to before `end_date`, both typed in `time_zone`.

    Earnings and the prize are minor units of `currency`. `proposed_user_id` is whom operators
    were last shown as the winner, and `proposal` a seal of the standings that they saw then;
    `decided_by` and `reason` are those of whoever announced or cancelled it.
    """

    __tablename__ = "affiliate_contests"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    description: str = ""
    metric: str = REFERRALS
    start_date: datetime
    end_date: datetime
    time_zone: str = "UTC"
    prize_description: str
    prize_amount_cents: int | None = Field(
        default=None, sa_column=Column(BigInteger, nullable=True)
    )
    currency: str
    status: str = UPCOMING
    proposed_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id")
    proposal: str = ""
    winner_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id")
    winner_announced_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class Disqualification(SQLModel, table=True):
    """Somebody whom operators took out of one contest. They stay in the program."""

    __tablename__ = "affiliate_contest_disqualifications"

    contest_id: UUID = Field(foreign_key="affiliate_contests.id", primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    reason: str
    decided_by: str
    created_at: datetime = Field(default_factory=clock.now)


class FinalPlace(SQLModel, table=True):
    """A line of the standings as they were when the winner was announced."""

    __tablename__ = "affiliate_contest_places"
    __table_args__ = (Index("ix_affiliate_contest_places_place", "contest_id", "place"),)

    contest_id: UUID = Field(foreign_key="affiliate_contests.id", primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    place: int
    value: int = Field(sa_column=Column(BigInteger, nullable=False))
    reached_at: datetime


async def get(session: AsyncSession, contest_id: UUID, *, lock: bool = False) -> Contest | None:
    """One contest; `lock` holds the row until the transaction ends."""
    return await session.get(Contest, contest_id, with_for_update=lock, populate_existing=lock)


async def due(session: AsyncSession, now: datetime) -> Sequence[Contest]:
    """Those whose start or end has come and whose status does not say so yet, locked.

    What another process has in hand is left out.
    """
    begun = and_(col(Contest.status) == UPCOMING, col(Contest.start_date) <= now)
    over = and_(col(Contest.status) == ACTIVE, col(Contest.end_date) <= now)
    return await _taken(session, or_(begun, over))


async def undecided(session: AsyncSession) -> Sequence[Contest]:
    """Those that have ended without a decision about the winner, locked as in `due`."""
    return await _taken(session, col(Contest.status) == ENDED)


async def _taken(session: AsyncSession, which: ColumnElement[bool]) -> Sequence[Contest]:
    query = (
        select(Contest)
        .where(which)
        .order_by(col(Contest.id))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await session.exec(query)).all()


async def of_status(session: AsyncSession, *statuses: str) -> Sequence[Contest]:
    """Those of these statuses, the first to begin first."""
    query = select(Contest).where(col(Contest.status).in_(statuses))
    query = query.order_by(col(Contest.start_date), col(Contest.id))
    return (await session.exec(query)).all()


async def page(
    session: AsyncSession, *, before: UUID | None, limit: int, statuses: Sequence[str] = ()
) -> Sequence[Contest]:
    """Those made before the one of this id, the last made first; of these statuses."""
    query = select(Contest).order_by(col(Contest.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Contest.id) < before)
    if statuses:
        query = query.where(col(Contest.status).in_(statuses))
    return (await session.exec(query)).all()


async def past(session: AsyncSession, limit: int) -> Sequence[Contest]:
    """Those that are over and decided or were cancelled, the last to end first."""
    query = (
        select(Contest)
        .where(col(Contest.status).in_((ANNOUNCED, CANCELLED)))
        .order_by(col(Contest.end_date).desc(), col(Contest.id).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def current(
    session: AsyncSession, since: datetime
) -> tuple[Sequence[Contest], Sequence[Contest]]:
    """Those before their outcome, as `of_status`, and those announced since, in one look."""
    announced = and_(col(Contest.status) == ANNOUNCED, col(Contest.winner_announced_at) >= since)
    query = select(Contest).where(
        or_(col(Contest.status).in_((UPCOMING, ACTIVE, ENDED)), announced)
    )
    found = (await session.exec(query.order_by(col(Contest.start_date), col(Contest.id)))).all()
    news = [one for one in found if one.status == ANNOUNCED]
    news.sort(key=lambda one: (one.winner_announced_at or since, one.id), reverse=True)
    return [one for one in found if one.status != ANNOUNCED], news


async def overlapping(
    session: AsyncSession, metric: str, start: datetime, end: datetime, but: UUID | None
) -> Contest | None:
    """Another contest by the same metric that runs at some moment of this stretch of time."""
    query = select(Contest).where(
        col(Contest.metric) == metric,
        col(Contest.status) != CANCELLED,
        col(Contest.start_date) < end,
        col(Contest.end_date) > start,
    )
    if but is not None:
        query = query.where(col(Contest.id) != but)
    return (await session.exec(query.order_by(col(Contest.start_date)).limit(1))).first()


async def disqualified(session: AsyncSession, contest_id: UUID) -> Sequence[Disqualification]:
    """Who was taken out of a contest, the first first."""
    query = select(Disqualification).where(col(Disqualification.contest_id) == contest_id)
    return (await session.exec(query.order_by(col(Disqualification.created_at)))).all()


async def disqualification(
    session: AsyncSession, contest_id: UUID, affiliate_id: UUID
) -> Disqualification | None:
    """Whether and why somebody was taken out of a contest."""
    return await session.get(Disqualification, (contest_id, affiliate_id))


async def participants(
    session: AsyncSession, contest_id: UUID, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """Who has a place in the final standings, in the order of their ids, from behind `after`."""
    query = select(FinalPlace.affiliate_user_id).where(FinalPlace.contest_id == contest_id)
    if after is not None:
        query = query.where(col(FinalPlace.affiliate_user_id) > after)
    return (
        await session.exec(query.order_by(col(FinalPlace.affiliate_user_id)).limit(limit))
    ).all()


async def prizes(session: AsyncSession) -> dict[tuple[UUID, str], int]:
    """What everybody won as money, by affiliate and currency, in minor units."""
    amount = func.sum(Contest.prize_amount_cents)
    query = (
        select(Contest.winner_user_id, Contest.currency, amount)
        .where(col(Contest.status) == ANNOUNCED, col(Contest.prize_amount_cents) > 0)
        .group_by(col(Contest.winner_user_id), col(Contest.currency))
    )
    return {
        (winner, currency): int(cents or 0)
        for winner, currency, cents in await session.exec(query)
        if winner is not None
    }
