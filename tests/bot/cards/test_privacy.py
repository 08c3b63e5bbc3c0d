"""The card of a request for erasure."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.cards.privacy import erasure_card, requests_card
from bot.errands import Errand
from bot.modals.privacy import keeping
from domain.erasure import View
from sandbox.slack.blocks import check_blocks
from storage.affiliates import Affiliate
from storage.erasures import Erasure
from storage.ids import new_id
from tests.bot.cards.test_applications import buttons, seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def view(name: str = "Jared Bets", decision: str = "", *obstacles: str, reason: str = "") -> View:
    """A request."""
    affiliate = Affiliate(
        reference="aff_JARED30",
        status="approved",
        email="jared@example.com",
        email_key="jared@example.com",
        display_name=name,
        promo_code="JARED30",
    )
    asked = Erasure(
        id=new_id(),
        affiliate_user_id=affiliate.id,
        asked_at=NOON,
        due_at=NOON + timedelta(days=30),
        decision=decision,
        decided_by="@rita" if decision else "",
        decided_at=NOON if decision else None,
        reason=reason,
        waives=True,
    )
    return View(asked, affiliate, obstacles)


def test_it_says_by_when_to_answer_and_what_is_in_the_way() -> None:
    """With two buttons, until it is decided."""
    _, blocks = erasure_card(view("Jared Bets", "", "A payout of $50.00 is on its way."))
    told = seen(blocks)
    for words in ("Answer by", "the law gives a month", "give up", "A payout of $50.00"):
        assert words in told
    assert buttons(blocks) == ["Erase", "Keep"]
    _, done = erasure_card(view("Former affiliate", "erased"))
    assert not buttons(done)
    assert "@rita" in seen(done)
    _, kept = erasure_card(view("Jared", "kept", reason="A dispute."))
    assert "A dispute." in seen(kept)


@given(st.text(max_size=400), st.text(min_size=1, max_size=900))
def test_any_text_makes_blocks_that_slack_takes(name: str, words: str) -> None:
    """Cards, the list of many, and the modal."""
    for decision in ("", "kept", "erased", "withdrawn"):
        one = view(name, decision, words, reason=words if decision else "")
        _, blocks = erasure_card(one)
        assert not check_blocks(blocks)
    _, blocks = requests_card([view(name, "", words)] * 20)
    assert not check_blocks(blocks)
    keeping(view(name), Errand("x"))
