"""The banner of contests on the overview: what can be won, who leads, and how long it goes on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.affiliates import Overview
from domain.contest_news import prize
from domain.contest_standings import Standing, in_words, standings
from domain.contests import METRICS, phase
from domain.leaderboard import shown_name
from domain.program import Program
from storage import affiliates, contests
from storage.affiliates import Affiliate
from storage.contests import ACTIVE, EARNINGS, ENDED, UPCOMING, Contest

SHOWN: Final = 5
"""How many places stand in the banner, beside the reader's own."""
NEWS: Final = timedelta(days=7)
"""How long the outcome of a contest is shown."""
AHEAD: Final = timedelta(days=14)
"""How long before it begins a contest is shown, where none runs."""
_COUNTED: Final = (
    "Only what is paid from the first moment to the last counts, less what is refunded."
)


async def live_view(
    session: AsyncSession, seen: Overview, program: Program
) -> Mapping[str, Any] | None:
    """What runs now; what is over and new; else what comes next. None where there is nothing."""
    now = clock.now()
    open_ones, announced = await contests.current(session, now - NEWS)
    by_phase = {
        stage: [each for each in open_ones if phase(each, now) == stage]
        for stage in (ACTIVE, ENDED, UPCOMING)
    }
    shown = [
        *by_phase[ACTIVE],
        *by_phase[ENDED],
        *announced,
    ]
    if not by_phase[ACTIVE]:
        shown += [each for each in by_phase[UPCOMING] if each.start_date <= now + AHEAD][:1]
    if not shown:
        return None
    return {"contests": [await _banner(session, each, seen.affiliate, program) for each in shown]}


async def _banner(
    session: AsyncSession, contest: Contest, affiliate: Affiliate, program: Program
) -> dict[str, Any]:
    stage = phase(contest, clock.now())
    found = await standings(session, contest, SHOWN, own=affiliate.id)
    winner_id = contest.winner_user_id
    winner = await affiliates.get(session, winner_id) if winner_id else None
    own = found.own

    def place(each: Standing) -> dict[str, Any]:
        return {
            "rank": each.place,
            "name": shown_name(each.affiliate, program),
            "value": in_words(contest, each.value),
            "own": each.affiliate.id == affiliate.id,
        }

    return {
        "id": str(contest.id),
        "name": contest.name,
        "about": contest.description,
        "stage": stage,
        "prize": prize(contest),
        "metric": METRICS[contest.metric],
        "starts": contest.start_date,
        "ends": contest.end_date,
        "winner": shown_name(winner, program) if winner else "",
        "won": winner_id == affiliate.id,
        "places": [place(each) for each in found.first] if stage != UPCOMING else [],
        "ranked": found.places,
        "rank": own.place if own else None,
        "value": in_words(contest, own.value) if own else "",
        "listed": own is not None and own.place <= SHOWN,
        "out": await contests.disqualification(session, contest.id, affiliate.id) is not None,
        "counted": _counted(contest, program),
    }


def _counted(contest: Contest, program: Program) -> list[str]:
    """How it is counted, in sentences."""
    what = "Each customer of yours whose first purchase is paid meanwhile counts once."
    if contest.metric == EARNINGS:
        what = (
            f"Your commissions in {contest.currency.upper()} on what customers pay meanwhile "
            "count, renewals too; bonuses and shares of recruits' commissions do not."
        )
    privacy = "Others see your initials."
    if program.leaderboard_privacy == "opt_in":
        privacy = "Others see your initials, or your name if you allow it in your settings."
    return [
        what,
        _COUNTED,
        "Of two with as much, the one who got there first is before the other.",
        "The winner is announced once somebody has looked at the final standings.",
        privacy,
    ]
