"""Who leads a contest: places computed from referrals and commissions, each time anew.

More is better; of two with as much the one who got there first. That is the moment of the last
referral or payment that still counts; should even those be one, whoever is in the program longer
is before. So every place is somebody's alone, and the same rows always give the same places.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Subquery, case, exists
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.contests import REFERRALS, Contest, Disqualification, FinalPlace
from storage.referrals import Referral
from storage.sales import Sale


class Place(NamedTuple):
    """Somebody's place, from 1. `value` is a count, or minor units of the contest's currency."""

    affiliate_id: UUID
    place: int
    value: int
    reached_at: datetime


async def first(
    session: AsyncSession, contest: Contest, limit: int, *, also: UUID | None = None, status: str
) -> tuple[list[Place], int]:
    """The first places as they are now, and how many places there are.

    Behind them that of `also`, where they have one further down. Only affiliates in `status` have
    a place, and nobody who is disqualified.
    """
    return await _first(session, _places(contest, status), limit, also)


async def first_final(
    session: AsyncSession, contest_id: UUID, limit: int, *, also: UUID | None = None
) -> tuple[list[Place], int]:
    """The same of the standings that the winner was announced with."""
    columns: dict[str, Any] = {
        "affiliate": FinalPlace.affiliate_user_id,
        "place": FinalPlace.place,
        "value": FinalPlace.value,
        "reached": FinalPlace.reached_at,
        "places": func.count().over(),
    }
    kept = sa.select(*(column.label(name) for name, column in columns.items()))
    kept = kept.where(col(FinalPlace.contest_id) == contest_id)
    return await _first(session, kept.subquery(), limit, also)


async def freeze(session: AsyncSession, contest: Contest, *, status: str) -> None:
    """Keep the standings as they are now: they are what was announced.

    Written in the order of the affiliates, as those are locked who lock many.
    """
    columns = _places(contest, status).c
    now = sa.select(
        sa.literal(contest.id, sa.Uuid()),
        columns.affiliate,
        columns.place,
        columns.value,
        columns.reached,
    ).order_by(columns.affiliate)
    names = ["contest_id", "affiliate_user_id", "place", "value", "reached_at"]
    await session.exec(sa.insert(FinalPlace).from_select(names, now))


async def _first(
    session: AsyncSession, places: Subquery, limit: int, also: UUID | None
) -> tuple[list[Place], int]:
    rows: Sequence[Any] = (await session.exec(_query(places, limit, also))).all()
    found = [Place(who, int(place), int(value), at) for who, place, value, at, _ in rows]
    return found, int(rows[0][-1]) if rows else 0


def _query(places: Subquery, limit: int, also: UUID | None) -> Any:
    columns = places.c
    wanted = columns.place <= limit
    if also is not None:
        wanted = or_(wanted, columns.affiliate == also)
    rows = sa.select(
        columns.affiliate, columns.place, columns.value, columns.reached, columns.places
    )
    return rows.where(wanted).order_by(columns.place)


def _places(contest: Contest, status: str) -> Subquery:
    counted = (_by_referrals if contest.metric == REFERRALS else _by_earnings)(contest)
    who, value, reached = counted.c.affiliate, counted.c.value, counted.c.reached
    order = (value.desc(), reached, who)
    out = exists().where(
        col(Disqualification.contest_id) == contest.id,
        col(Disqualification.affiliate_user_id) == who,
    )
    return (
        sa.select(
            who,
            value,
            reached,
            func.row_number().over(order_by=order).label("place"),
            func.count().over().label("places"),
        )
        .join(Affiliate, col(Affiliate.id) == who)
        .where(col(Affiliate.status) == status, ~out)
        .subquery()
    )


def _by_referrals(contest: Contest) -> Subquery:
    """Converted referrals whose first sale was paid while the contest ran."""
    return (
        sa.select(
            col(Referral.affiliate_user_id).label("affiliate"),
            func.count().label("value"),
            func.max(Referral.converted_at).label("reached"),
        )
        .where(
            col(Referral.counted).is_(True),
            col(Referral.converted_at) >= contest.start_date,
            col(Referral.converted_at) < contest.end_date,
        )
        .group_by(col(Referral.affiliate_user_id))
        .subquery()
    )


def _by_earnings(contest: Contest) -> Subquery:
    """Own commissions on what was paid while the contest ran, less what was taken back."""
    earned = func.sum(Commission.amount_cents)
    last = func.max(case((col(Commission.amount_cents) > 0, col(Sale.paid_at))))
    return (
        sa.select(
            col(Commission.affiliate_user_id).label("affiliate"),
            earned.label("value"),
            last.label("reached"),
        )
        .join(Sale, col(Sale.id) == col(Commission.sale_id))
        .where(
            col(Sale.paid_at) >= contest.start_date,
            col(Sale.paid_at) < contest.end_date,
            col(Commission.currency) == contest.currency,
        )
        .group_by(col(Commission.affiliate_user_id))
        .having(earned > 0)
        .subquery()
    )


class Record(NamedTuple):
    """How many sales somebody had while a contest ran, on hold still, and reversed in any part."""

    sales: int
    on_hold: int
    reversed: int


async def record_of(
    session: AsyncSession, contest: Contest, affiliate_id: UUID, now: datetime
) -> Record:
    """What became so far of the sales that somebody had while a contest ran."""
    held = func.count().filter(col(Commission.available_at) > now)
    gone = func.count().filter(col(Sale.refunded) + col(Sale.disputed) > 0)
    query = (
        select(func.count(), held, gone)
        .select_from(Sale)
        .outerjoin(Commission, col(Commission.sale_id) == col(Sale.id))
        .where(
            col(Sale.affiliate_user_id) == affiliate_id,
            col(Sale.paid_at) >= contest.start_date,
            col(Sale.paid_at) < contest.end_date,
        )
    )
    return Record(*(await session.exec(query)).one())
