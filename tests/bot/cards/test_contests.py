"""The cards of contests: what Slack takes at each stage, and nothing that Slack obeys."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.charts import plainer
from bot.cards.contests import contest_card, contests_card, standings_card
from bot.contest_drafts import Draft
from bot.errands import Errand
from bot.modals import contests as modals
from domain.contest_standings import Standing, Standings
from domain.contest_winners import View
from sandbox.slack.blocks import check_blocks, check_view
from storage.affiliates import Affiliate
from storage.contests import (
    ACTIVE,
    ANNOUNCED,
    CANCELLED,
    ENDED,
    UPCOMING,
    Contest,
    Disqualification,
)
from storage.ids import new_id
from tests.bot.cards.test_applications import seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
STATES = (UPCOMING, ACTIVE, ENDED, ANNOUNCED, CANCELLED)


def view(status: str, text: str = "Amy", places: int = 12, **fields: Any) -> View:
    """A contest in this state, with this text wherever somebody else writes."""
    people = [
        Affiliate(
            id=new_id(),
            reference=f"aff_{n}",
            status="approved",
            email="amy@example.com",
            email_key=f"amy{n}@example.com",
            display_name=text,
            promo_code=f"AMY{n}",
        )
        for n in range(places)
    ]
    given_fields = {
        "name": text or "Race",
        "start_date": NOON,
        "end_date": NOON + timedelta(days=3),
        "prize_description": text or "Honour",
        "prize_amount_cents": 50_000,
        "currency": "usd",
        "decided_by": text,
        "reason": text,
        "winner_announced_at": NOON if status == ANNOUNCED else None,
        **fields,
    }
    contest = Contest(id=new_id(), status=status, **given_fields)
    rows = [Standing(who, n + 1, 12 - n, NOON) for n, who in enumerate(people)]
    out = Disqualification(
        contest_id=contest.id, affiliate_user_id=new_id(), reason=text, decided_by=text
    )
    return View(
        contest,
        status,
        Standings(tuple(rows[:10]), None, places),
        people[0] if status == ANNOUNCED and people else None,
        tuple((who, out) for who in people[:7]),
        (text, "Odd."),
    )


@given(st.text(max_size=300), st.sampled_from(STATES), st.sampled_from((0, 1, 12)))
def test_slack_takes_every_card_whatever_the_text(text: str, status: str, places: int) -> None:
    """Each card and form, also with tables in plain words."""
    made = view(status, text, places)
    errand = Errand(f"{made.contest.id} {new_id()}", "https://slack.example/answer")
    for _, blocks in (
        contest_card(made),
        standings_card(made),
        contests_card([made] * 12, text),
    ):
        assert not check_blocks(blocks)
        assert not check_blocks(plainer(blocks))
        assert "mrkdwn" not in json.dumps(blocks)
    for form in (
        modals.confirm(made, errand),
        modals.close(made, errand),
        modals.disqualify(made, errand),
        modals.cancel(made.contest, errand, begun=True),
        modals.edit(Draft.of(made.contest), "UTC", made.contest, errand, begun=False),
    ):
        assert not check_view(form, "modal")


@pytest.mark.parametrize(
    ("status", "part"),
    [
        (ENDED, "Proposed winner: Amy with 12 referrals."),
        (ENDED, "… and 2 more."),
        (ANNOUNCED, "Winner: Amy"),
        (CANCELLED, "was called off"),
    ],
)
def test_the_card_says_where_it_stands(status: str, part: str) -> None:
    """In one glance."""
    assert part in seen(contest_card(view(status))[1])


def test_standings_in_words_have_the_same_figures() -> None:
    """For a Slack that takes no tables."""
    assert "1. Amy (AMY0): Brought 12 referrals" in seen(plainer(contest_card(view(ENDED))[1]))
