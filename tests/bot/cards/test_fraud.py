"""The card of a pause, and lists of them: Slack takes them with any text."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.cards.fraud import appeal_note, fraud_card, waiting_blocks
from bot.errands import Errand
from bot.modals import fraud as modals
from domain.fraud_decisions import View
from domain.fraud_rules import RULES
from sandbox.slack.blocks import check_blocks, check_view
from storage.affiliates import Affiliate
from storage.fraud import FraudAppeal, FraudFlag
from storage.ids import new_id
from tests.bot.cards.test_applications import buttons, seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def view(text: str = "Odd", *, rules: int = 3, **decided: Any) -> View:
    """A pause for so many reasons."""
    owner = Affiliate(
        id=new_id(),
        reference="aff_X",
        status="paused",
        email=text[:200] or "x@example.com",
        email_key="x",
        display_name=text,
        promo_code="JARED30",
    )
    reasons = [
        {"rule": name, "points": 20, "words": text, "measure": 7, "evidence": [text] * 6}
        for name in list(RULES)[:rules]
    ]
    flag = FraudFlag(
        id=new_id(),
        affiliate_user_id=owner.id,
        score=75,
        reasons=reasons,
        flagged_at=NOON,
        **decided,
    )
    appeal = FraudAppeal(id=new_id(), flag_id=flag.id, once="o", text=text, created_at=NOON)
    return View(flag, owner, [appeal])


def test_the_card_shows_score_reasons_and_two_buttons() -> None:
    """And after a decision who decided what, and why."""
    _, blocks = fraud_card(view("Odd"))
    assert "Fraud score 75 of 100" in seen(blocks)
    assert "+20 Odd" in seen(blocks)
    assert "The affiliate appeals" in seen(blocks)
    assert buttons(blocks) == ["Restore", "Ban"]
    done = view(decision="banned", decided_by="@rita", decided_at=NOON, reason="Farm.")
    _, blocks = fraud_card(done)
    assert buttons(blocks) == []
    assert "Banned by @rita" in seen(blocks)
    assert "Farm." in seen(blocks)


def test_an_appeal_has_the_buttons_that_make_sense() -> None:
    """After a ban it can only be answered."""
    pause = view()
    assert buttons(appeal_note(pause, pause.appeals[0])[1]) == ["Restore", "Ban", "Answer"]
    banned = view(decision="banned")
    assert buttons(appeal_note(banned, banned.appeals[0])[1]) == ["Answer"]


@given(st.text(max_size=3000), st.integers(0, len(RULES)))
def test_slack_takes_the_cards_with_any_text(text: str, rules: int) -> None:
    """Also with every reason at once, and in the modals."""
    one = view(text, rules=rules)
    assert not check_blocks(fraud_card(one)[1])
    assert not check_blocks(appeal_note(one, one.appeals[0])[1])
    assert not check_blocks(waiting_blocks([(one.flag, one.affiliate)] * 8, 40)[1:])
    errand = Errand(str(one.flag.id))
    for step in modals.STEPS:
        assert not check_view(modals.decision(step, one, errand), "modal")
    assert not check_view(modals.answer(one, one.appeals[0], errand), "modal")
    assert len(json.dumps(fraud_card(one)[1])) < 60_000
