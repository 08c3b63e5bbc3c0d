"""Signs in recent clicks that they were not made by people. Every query is bounded by a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.clicks import BOT, Click
from storage.rollups import IS_ALL, Rollup

VISITORS_MAX = 500
"""So many visitors are looked at closely at once."""


def _recent(since: datetime) -> ColumnElement[bool]:
    """Clicks since then. With an end, too, as SQLite takes an open range for half of the table."""
    return col(Click.clicked_at).between(since, clock.now())


@dataclass(frozen=True, slots=True)
class Week:
    """An affiliate's clicks, without bots, and sign-ups of some days."""

    affiliate_id: UUID
    clicks: int
    signups: int


async def by_affiliate(session: AsyncSession, since: date) -> Sequence[Week]:
    """What was counted of each affiliate since a day, from the rollups."""
    clicks = func.sum(col(Rollup.clicks) + col(Rollup.repeats))
    query = (
        select(Rollup.affiliate_user_id, clicks, func.sum(col(Rollup.signups)))
        .where(IS_ALL, col(Rollup.day).between(since, clock.now().astimezone(UTC).date()))
        .group_by(col(Rollup.affiliate_user_id))
    )
    return [
        Week(owner, int(some or 0), int(more or 0))
        for owner, some, more in await session.exec(query)
    ]


async def wanderers(session: AsyncSession, since: datetime, affiliates: int) -> Sequence[str]:
    """Visitors who clicked on links of at least so many affiliates since then."""
    query = (
        select(Click.visitor)
        .where(_recent(since), Click.kind != BOT)
        .group_by(Click.visitor)
        .having(func.count(func.distinct(col(Click.affiliate_user_id))) >= affiliates)
        .limit(VISITORS_MAX)
    )
    return (await session.exec(query)).all()


async def of_visitors(
    session: AsyncSession, visitors: Sequence[str], since: datetime
) -> Sequence[tuple[str, UUID, datetime]]:
    """`(visitor, affiliate, moment)` of these visitors' clicks since then, in their order."""
    query = (
        select(Click.visitor, Click.affiliate_user_id, Click.clicked_at)
        .where(_recent(since), Click.kind != BOT, col(Click.visitor).in_(visitors))
        .order_by(col(Click.visitor), col(Click.clicked_at))
        .limit(50 * VISITORS_MAX)
    )
    return (await session.exec(query)).all()


async def not_as_pages(
    session: AsyncSession, since: datetime, least: int
) -> Sequence[tuple[UUID, int, int]]:
    """`(affiliate, clicks, visitors)` where a page loaded links in frames or as parts of it."""
    visitors = func.count(func.distinct(col(Click.visitor)))
    query = (
        select(Click.affiliate_user_id, func.count(), visitors)
        .where(_recent(since), col(Click.fetched_as).in_(("frame", "part")))
        .group_by(col(Click.affiliate_user_id))
        .having(func.count() >= least)
    )
    return (await session.exec(query)).all()


async def without_referrer(
    session: AsyncSession, since: datetime, least: int
) -> Sequence[tuple[UUID, int]]:
    """`(affiliate, clicks)` of at least so many clicks that say nothing of where they come from."""
    query = (
        select(Click.affiliate_user_id, func.count())
        .where(_recent(since), Click.kind != BOT, Click.referrer_host == "")
        .group_by(col(Click.affiliate_user_id))
        .having(func.count() >= least)
    )
    return (await session.exec(query)).all()


async def paid(session: AsyncSession, since: datetime) -> Sequence[tuple[UUID, str, int, int]]:
    """`(affiliate, keyword, clicks, visitors)` of clicks on search ads, the most first."""
    visitors = func.count(func.distinct(col(Click.visitor)))
    query = (
        select(Click.affiliate_user_id, Click.keyword, func.count(), visitors)
        .where(_recent(since), Click.paid != "", Click.keyword != "", Click.kind != BOT)
        .group_by(col(Click.affiliate_user_id), col(Click.keyword))
        .order_by(func.count().desc())
        .limit(2000)
    )
    return (await session.exec(query)).all()


async def clicks_since(session: AsyncSession, affiliate_id: UUID, since: datetime) -> int:
    """An affiliate's clicks since then, without bots."""
    query = select(func.count()).where(
        Click.affiliate_user_id == affiliate_id, Click.clicked_at >= since, Click.kind != BOT
    )
    return (await session.exec(query)).one()
