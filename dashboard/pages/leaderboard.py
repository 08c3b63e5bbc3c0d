"""Who did best: a card of this month on the overview, and a page with every period."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.context import CONTEXT, VISIT
from dashboard.rendering import render
from dashboard.standing import Member
from domain import leaderboard
from domain.affiliates import Overview
from domain.leaderboard import Board, Metric, Span
from domain.money import number
from domain.program import Program

HERE: Final = "/affiliate/dashboard/leaderboard"


async def live_view(
    session: AsyncSession, seen: Overview, program: Program
) -> Mapping[str, Any] | None:
    """The ten best of this month by each metric; None where the leaderboard is off."""
    if not program.leaderboard_enabled:
        return None
    boards = [
        await leaderboard.board(session, program, Span.MONTH, metric, viewer=seen.affiliate)
        for metric in Metric
    ]
    return {"boards": [board_view(board) for board in boards], "here": HERE}


async def show(request: web.Request, member: Member) -> web.Response:
    """The best of `?period=` by `?metric=`; what is not known is this month, by referrals."""
    span, metric = request.query.get("period", ""), request.query.get("metric", "")
    span = Span(span) if span in set(Span) else Span.MONTH
    metric = Metric(metric) if metric in set(Metric) else Metric.REFERRALS
    async with request.app[CONTEXT].db.read() as session:
        board = await leaderboard.board(
            session, request[VISIT].program, span, metric, viewer=member.affiliate
        )
    view = {
        "board": board_view(board),
        "spans": [_choice(one.words, one, metric, current=one is span) for one in Span],
        "metrics": [_choice(one.words, span, one, current=one is metric) for one in Metric],
        "by_name": request[VISIT].program.leaderboard_privacy == "opt_in",
        "shows_name": member.affiliate.shows_name,
    }
    return render(request, "leaderboard.html", view)


def _choice(words: str, span: Span, metric: Metric, *, current: bool) -> dict[str, Any]:
    href = f"{HERE}?{urlencode({'period': span.value, 'metric': metric.value})}"
    return {"words": words, "href": href, "current": current}


def board_view(board: Board) -> dict[str, Any]:
    """A board as the templates take it; whose place it is goes no further than a name."""
    return {
        "name": board.metric.value,
        "title": board.metric.words,
        "period": board.span.words,
        "places": [
            {
                "rank": place.rank,
                "name": place.name,
                "value": board.metric.shown(place.value, board.currency),
                "own": place.own,
            }
            for place in board.places
        ],
        "ranked": board.ranked,
        "rank": board.own.rank if board.own else None,
        "listed": any(place.own for place in board.places),
        "value": board.metric.shown(board.own.value, board.currency) if board.own else "",
        "hint": _hint(board),
    }


def _hint(board: Board) -> str:
    """What it takes, or how it is counted."""
    missing = board.own.clicks_missing if board.own else 0
    if board.metric is Metric.RATE:
        counted = f"Ranked from {number(board.min_clicks)} clicks by people on."
        return f"{counted} You need {number(missing)} more." if missing else counted
    if board.metric is Metric.EARNINGS:
        return f"Commissions in {board.currency.upper()}, less what refunds took back."
    return "Customers who have paid, unless all of it was refunded."
