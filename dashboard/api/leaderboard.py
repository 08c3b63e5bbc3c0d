"""`/api/affiliate/leaderboard`: who did best in a period, and where the asker stands."""

from typing import Any

from aiohttp import hdrs, web

from dashboard.api.access import is_admin
from dashboard.api.members import member_of
from dashboard.context import CONTEXT
from domain import leaderboard, program
from domain.errors import InvalidError
from domain.leaderboard import SHOWN, SHOWN_MAX, Board, Metric, Own, Span


async def show(request: web.Request) -> web.Response:
    """The first `limit` of a `period` by a `metric`, for a signed-in affiliate or the admin.

    A value is a count, minor units of `currency`, or basis points. `own_position` is null for the
    admin, its `rank` for who has nothing to be ranked by. 404 where the program has none.
    """
    viewer = None if is_admin(request) else (await member_of(request)).affiliate
    span, metric, limit = _asked(request)
    async with request.app[CONTEXT].db.read() as session:
        settings = await program.load(session)
        board = await leaderboard.board(session, settings, span, metric, limit=limit, viewer=viewer)
    vary = f"{hdrs.COOKIE}, {hdrs.AUTHORIZATION}"
    return web.json_response(_shown(board, for_admin=viewer is None), headers={hdrs.VARY: vary})


def _asked(request: web.Request) -> tuple[Span, Metric, int]:
    period = request.query.get("period", Span.MONTH)
    metric = request.query.get("metric", Metric.REFERRALS)
    limit = request.query.get("limit", str(SHOWN))
    wrong: dict[str, str] = {}
    if period not in set(Span):
        wrong["period"] = f"Use one of {', '.join(Span)}."
    if metric not in set(Metric):
        wrong["metric"] = f"Use one of {', '.join(Metric)}."
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= SHOWN_MAX):
        wrong["limit"] = f"Use a number from 1 to {SHOWN_MAX}."
    if wrong:
        raise InvalidError("This leaderboard cannot be shown.", wrong)
    return Span(period), Metric(metric), int(limit)


def _shown(board: Board, *, for_admin: bool) -> dict[str, Any]:
    def place(one: leaderboard.Place) -> dict[str, Any]:
        seen = {"rank": one.rank, "display_name": one.name, "value": one.value, "own": one.own}
        # Who somebody is, is for the program's own eyes.
        return seen | ({"affiliate_id": str(one.affiliate.id)} if for_admin else {})

    return {
        "period": board.span,
        "metric": board.metric,
        "currency": board.currency,
        "min_clicks": board.min_clicks,
        "ranked": board.ranked,
        "data": [place(one) for one in board.places],
        "own_position": _own(board.own) if board.own else None,
    }


def _own(own: Own) -> dict[str, Any]:
    return {"rank": own.rank, "value": own.value, "clicks_missing": own.clicks_missing}
