"""The cards of the overview that follow what happens, without a reload.

A new card is one line in `LIVE_CARDS`, a view beside the page that it belongs to, and a partial
`live_<name>.html` among the templates. `static/live.js` asks for all of them again when the
stream says that something changed, and puts those in their place that differ. In a partial,

- a figure that should run to its new value is written by `ui.live_money` or `ui.live_number`,
- a bar that should fill has a `data-key`, as those figures have, to be known again,
- what a screen reader should be told when it changes stands in `data-say`, also with a `data-key`.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.context import CONTEXT, VISIT
from dashboard.pages import (
    checklists,
    contests,
    earnings,
    leaderboard,
    milestones,
    numbers,
    payouts,
    tiers,
)
from dashboard.rendering import fragment
from dashboard.standing import Member
from domain.affiliates import Overview, overview
from domain.program import Program

UNDER: Final = "under"
View = Callable[[AsyncSession, Overview, Program], Awaitable[Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class LiveCard:
    """A card: its template, and the view that fills it, which is None where it is not shown.

    The view is handed what was read of the affiliate once for all cards, and reads what is its own.

    A `wide` card has a row to itself; others stand two in a row where there is room. `place` is
    where it stands on the overview: at the `top`, beside the promo code (`payout`), `under` that,
    or beside the account (`plans`).
    """

    name: str
    template: str
    view: View
    wide: bool = True
    place: str = UNDER


LIVE_CARDS: Final[tuple[LiveCard, ...]] = (
    LiveCard("earnings", "live_earnings.html", earnings.live_view, place="top"),
    LiveCard("contest", "live_contest.html", contests.live_view, place="top"),
    LiveCard("payout", "live_payout.html", payouts.live_view, place="payout"),
    LiveCard("checklist", "live_checklist.html", checklists.live_view),
    LiveCard("milestones", "live_milestones.html", milestones.live_view, wide=False),
    LiveCard("leaderboard", "live_leaderboard.html", leaderboard.live_view, wide=False),
    LiveCard("numbers", "live_numbers.html", numbers.live_view),
    LiveCard("tier", "live_tier.html", tiers.live_view),
    LiveCard("plans", "live_plans.html", numbers.plans_view, place="plans"),
)
"""From the top of the page down. The promo code is on the first screen, what it brings is next."""


@dataclass(frozen=True, slots=True)
class LiveFragment:
    """A card as it stands in the page. `mark` differs where the page would differ."""

    name: str
    html: Markup
    mark: str
    wide: bool
    place: str


async def live_fragments(
    request: web.Request, session: AsyncSession, seen: Overview
) -> list[LiveFragment]:
    """Every card as this affiliate sees it now; those that are not shown are empty."""
    made = []
    for card in LIVE_CARDS:
        view = await card.view(session, seen, request[VISIT].program)
        html = Markup() if view is None else fragment(request, card.template, view)
        mark = hashlib.sha256(html.encode()).hexdigest()[:16]
        made.append(LiveFragment(card.name, html, mark, card.wide, card.place))
    return made


async def show(request: web.Request, member: Member) -> web.Response:
    """The cards alone, for the script of a page that is open."""
    async with request.app[CONTEXT].db.read() as session:
        seen = await overview(session, member.affiliate, request[VISIT].program)
        cards = await live_fragments(request, session, seen)
    return web.json_response(
        {"cards": [{"name": card.name, "html": card.html, "mark": card.mark} for card in cards]}
    )
