"""`/api/affiliate/leaderboard`: who did best in a period, and where the asker stands."""

from typing import Annotated, ClassVar
from uuid import UUID

from aiohttp import hdrs
from pydantic import ConfigDict, Field

from dashboard.api.contract import NOT_FOUND, Answer, Call, operation
from dashboard.api.members import operator_or_member
from dashboard.api.taking import Taken, Told, says
from dashboard.standing import Member
from domain import leaderboard, program
from domain.leaderboard import SHOWN, SHOWN_MAX, Board, Metric, Place, Span


class Wanted(Taken):
    """Which leaderboard, and how much of it."""

    model_config = ConfigDict(extra="ignore")
    refused: ClassVar[str] = "This leaderboard cannot be shown."

    period: Annotated[Span, says(f"Use one of {', '.join(Span)}.")] = Span.MONTH
    metric: Annotated[Metric, says(f"Use one of {', '.join(Metric)}.")] = Metric.REFERRALS
    limit: Annotated[
        int, Field(ge=1, le=SHOWN_MAX), says(f"Use a number from 1 to {SHOWN_MAX}.")
    ] = SHOWN


class PlaceView(Told):
    """A place. `value` is a count, minor units, or basis points."""

    rank: int
    display_name: str
    value: int
    own: bool


class PlaceForAdmin(PlaceView):
    """A place, and whose it is."""

    affiliate_id: UUID


class OwnPlace(Told):
    """Where the asker stands; `rank` is null for who has nothing to be ranked by."""

    rank: int | None
    value: int
    clicks_missing: int


class BoardView(Told):
    """A leaderboard; `own_position` is null for the admin."""

    period: Span
    metric: Metric
    currency: str
    min_clicks: int
    ranked: int
    data: list[PlaceForAdmin] | list[PlaceView]
    own_position: OwnPlace | None


@operation(
    "Show the leaderboard",
    tag="Leaderboard",
    who=operator_or_member("affiliates:read"),
    problems=(NOT_FOUND,),
)
async def show(call: Call[Member | None], query: Wanted) -> Answer[BoardView]:
    """The first `limit` of a `period` by a `metric`, for a signed-in affiliate or the admin.

    A value is a count, minor units of `currency`, or basis points. `own_position` is null for the
    admin, its `rank` for who has nothing to be ranked by. 404 where the program has none.
    """
    viewer = call.caller.affiliate if call.caller else None
    async with call.db.read() as session:
        settings = await program.load(session)
        board = await leaderboard.board(
            session, settings, query.period, query.metric, limit=query.limit, viewer=viewer
        )
    vary = f"{hdrs.COOKIE}, {hdrs.AUTHORIZATION}"
    return Answer(_shown(board, for_admin=viewer is None), {str(hdrs.VARY): vary})


def _shown(board: Board, *, for_admin: bool) -> BoardView:
    own = board.own
    return BoardView(
        period=board.span,
        metric=board.metric,
        currency=board.currency,
        min_clicks=board.min_clicks,
        ranked=board.ranked,
        # Who somebody is, is for the program's own eyes.
        data=[_for_admin(one) for one in board.places]
        if for_admin
        else [_place(one) for one in board.places],
        own_position=OwnPlace(rank=own.rank, value=own.value, clicks_missing=own.clicks_missing)
        if own
        else None,
    )


def _place(one: Place) -> PlaceView:
    return PlaceView(rank=one.rank, display_name=one.name, value=one.value, own=one.own)


def _for_admin(one: Place) -> PlaceForAdmin:
    return PlaceForAdmin(
        rank=one.rank,
        display_name=one.name,
        value=one.value,
        own=one.own,
        affiliate_id=one.affiliate.id,
    )
