"""Contests as programs see them."""

from typing import Final, Literal
from uuid import UUID

import clock
from dashboard.api.moments import Moment
from dashboard.api.paging import NextCursor
from dashboard.api.taking import Told
from domain.contest_winners import View
from domain.contests import phase
from storage.affiliates import Affiliate
from storage.contests import Contest


class ContestRow(Told):
    """A contest, from `start_date` to before `end_date`; the prize is minor units of `currency`.

    `ended` waits for a decision about the winner. `reason` is why it was called off or has none.
    """

    id: UUID
    name: str
    description: str
    metric: Literal["referrals", "earnings"]
    status: Literal["upcoming", "active", "ended", "announced", "cancelled"]
    start_date: Moment
    end_date: Moment
    time_zone: str
    prize_description: str
    prize_amount_cents: int | None
    currency: str
    winner_user_id: UUID | None
    winner_announced_at: Moment | None
    decided_by: str
    reason: str
    created_at: Moment
    updated_at: Moment


class ContestList(Told):
    """A page of contests."""

    data: list[ContestRow]
    next_cursor: NextCursor


class Contestant(Told):
    """Somebody who takes part; `reference` is their public id."""

    id: UUID
    reference: str
    promo_code: str
    display_name: str


class Place(Told):
    """A place from 1; `value` counts referrals, or is minor units of the contest's currency.

    Of two with as much the first is who got there first.
    """

    place: int
    affiliate: Contestant
    value: int
    reached_at: Moment


class Out(Told):
    """Somebody who was taken out of the contest."""

    affiliate: Contestant
    reason: str
    decided_by: str
    created_at: Moment


class ContestView(ContestRow):
    """A contest with its first places; `flags` are what to look at before a winner is confirmed.

    The standings move until the winner is announced, and stay then.
    """

    standings: list[Place]
    places: int
    disqualified: list[Out]
    flags: list[str]


def contest_row(contest: Contest) -> ContestRow:
    """A contest as lists show it, at this moment."""
    named = {name: getattr(contest, name) for name in _PLAIN}
    return ContestRow(**named, status=phase(contest, clock.now()))


def contest_view(found: View) -> ContestView:
    """A contest as operators decide on it."""
    row = contest_row(found.contest)
    return ContestView(
        **{name: getattr(row, name) for name in ContestRow.model_fields},
        standings=[
            Place(
                place=each.place,
                affiliate=_contestant(each.affiliate),
                value=each.value,
                reached_at=each.reached_at,
            )
            for each in found.standings.first
        ],
        places=found.standings.places,
        disqualified=[
            Out(
                affiliate=_contestant(affiliate),
                reason=out.reason,
                decided_by=out.decided_by,
                created_at=out.created_at,
            )
            for affiliate, out in found.disqualified
        ],
        flags=list(found.flags),
    )


_PLAIN: Final = ContestRow.model_fields.keys() - {"status"}


def _contestant(affiliate: Affiliate) -> Contestant:
    return Contestant(**{name: getattr(affiliate, name) for name in Contestant.model_fields})
