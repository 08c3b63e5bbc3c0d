"""Mails about contests."""

from typing import Any
from uuid import UUID

import clock
from domain import contest_news
from domain.contest_standings import in_words, standings
from domain.contest_times import in_words as at
from domain.contests import METRICS, phase
from domain.leaderboard import shown_name
from domain.money import money
from outbox.letters.registry import Asked, letter
from storage import affiliates, contests
from storage.contests import ACTIVE
from storage.worker import GiveUpError


@letter("contest_started")
async def of_start(asked: Asked) -> dict[str, Any] | None:
    """As below; None where it does not run any more, so that there is nothing to begin with."""
    contest = await contests.get(asked.session, UUID(asked.about["contest"]))
    if contest is not None and phase(contest, clock.now()) != ACTIVE:
        return None
    return await of_contest(asked)


@letter("contest_announced", "contest_cancelled", "contest_won")
async def of_contest(asked: Asked) -> dict[str, Any]:
    """The contest as it is when the mail leaves, and where its reader stands."""
    affiliate = await affiliates.get(asked.session, UUID(asked.about["affiliate"]))
    contest = await contests.get(asked.session, UUID(asked.about["contest"]))
    if affiliate is None or contest is None:
        raise GiveUpError("The contest that this mail is about is gone.")
    found = await standings(asked.session, contest, own=affiliate.id)
    winner = contest.winner_user_id
    won_by = await affiliates.get(asked.session, winner) if winner else None
    return {
        "name": affiliate.name,
        "contest_name": contest.name,
        "description": contest.description,
        "metric": METRICS[contest.metric],
        "ends": at(contest.end_date, contest.time_zone),
        "prize": contest_news.prize(contest),
        "prize_money": money(contest.prize_amount_cents, contest.currency)
        if contest.prize_amount_cents
        else "",
        "winner": shown_name(won_by, asked.program) if won_by else "",
        "reason": contest.reason,
        "place": found.own.place if found.own else 0,
        "places": found.places,
        "brought": in_words(contest, found.own.value) if found.own else "",
    }
