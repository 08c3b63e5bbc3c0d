"""The card of a payout: what finance sees at each stage, and never anything that Slack obeys."""

import json
import re
from datetime import UTC, datetime
from operator import mul
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.payouts import SHOWN_MAX, payout_card, payouts_card
from bot.errands import Errand
from bot.modals import payouts as modals
from domain.payout_views import View
from sandbox.slack.blocks import check_blocks, check_view
from storage.affiliates import Affiliate
from storage.ids import new_id
from storage.payouts import Payout
from tests.bot.cards.test_applications import buttons, pressable, seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def view(
    *, left: int = 0, pending: int = 0, needed: int = 1, standing: str = "approved", **fields: Any
) -> View:
    """A view of a payout with these fields."""
    affiliate = Affiliate(
        reference="aff_JARED30",
        status=standing,
        email="jared@example.com",
        email_key="jared@example.com",
        display_name=fields.pop("name", "Jared Bets"),
        promo_code="JARED30",
    )
    given_fields = {
        "amount_cents": 5000,
        "currency": "usd",
        "method": "paypal",
        "destination": "jared@pay.example",
        "requested_at": NOON,
        **fields,
    }
    payout = Payout(id=new_id(), affiliate_user_id=affiliate.id, **given_fields)
    return View(payout, affiliate, left, pending, needed)


@pytest.mark.parametrize(
    ("fields", "offered", "told"),
    [
        ({}, ["Approve payout", "Reject payout"], "approved by 0 of 1"),
        ({"status": "approved"}, ["Mark paid", "Reject payout"], "pay it by hand"),
        ({"status": "approved", "method": "stripe"}, [], "the transfer is on its way"),
        ({"status": "paid", "reference": "PP-7", "paid_at": NOON}, [], "PP-7"),
        ({"status": "rejected", "decided_by": "@sam", "reason": "No."}, [], "Rejected by @sam"),
        ({"status": "failed", "reason": "No account."}, [], "What went wrong:"),
    ],
)
def test_each_stage_offers_its_next_step(
    fields: dict[str, Any], offered: list[str], told: str
) -> None:
    """The buttons carry exactly these words, and this payout."""
    shown = view(**fields)
    _, blocks = payout_card(shown)
    assert buttons(blocks) == offered
    assert {each["value"] for each in pressable(blocks)} <= {str(shown.payout.id)}
    assert told in seen(blocks)
    assert not check_blocks(blocks)


def test_it_says_what_finance_has_to_know() -> None:
    """Amount, person, method, destination, what is left, who approved."""
    text, blocks = payout_card(
        view(left=300, pending=1200, needed=2, approvals=[{"id": "U1", "name": "@rita"}])
    )
    for told in (
        *("Payout of $50.00", "Jared Bets", "JARED30", "PayPal", "jared@pay.example"),
        *("$3.00 · $12.00 on hold", "1 of 2 · @rita"),
    ):
        assert told in seen(blocks)
    assert text == "Payout of $50.00 to Jared Bets: waits for approval"


@pytest.mark.parametrize(
    ("shown", "asked"),
    [
        (view(), "by hand"),
        (view(method="stripe"), "transferred to Jared Bets at once"),
        (view(needed=2), "Somebody else has to approve it, too."),
        (view(needed=2, approvals=[{"id": "U1", "name": "@rita"}]), "by hand"),
    ],
)
def test_approving_asks_with_the_amount(shown: View, asked: str) -> None:
    """The question names the amount and what pressing does."""
    approve = pressable(payout_card(shown)[1])[0]
    assert approve["confirm"]["title"]["text"] == "Approve $50.00?"
    assert asked in approve["confirm"]["text"]["text"]


@pytest.mark.parametrize(
    ("shown", "warning"),
    [
        (view(standing="terminated"), "This affiliate is terminated."),
        (view(left=-1200), "the balance is \N{MINUS SIGN}$12.00"),
        (view(method="manual", destination=""), "have not said where to pay"),
    ],
)
def test_what_speaks_against_it_is_flagged(shown: View, warning: str) -> None:
    """While it can still be decided; afterwards it is history."""
    assert warning in seen(payout_card(shown)[1])
    shown.payout.status = "paid"
    assert warning not in seen(payout_card(shown)[1])


def test_a_list_says_when_there_are_more() -> None:
    """A few with buttons, the rest as a number; the whole fits into one message at its worst."""
    worst = [view(left=-1, standing="paused", destination="") for _ in range(SHOWN_MAX)]
    _, blocks = payouts_card(worst, 14)
    assert "14 payouts wait for somebody." in seen(blocks)
    assert f"{14 - SHOWN_MAX} more after these" in seen(blocks)
    assert buttons(blocks).count("Approve payout") == SHOWN_MAX
    assert not check_blocks(blocks)


@given(
    words=st.fixed_dictionaries(
        {
            name: st.builds(mul, st.text(max_size=20), st.sampled_from([1, 70]))
            for name in ("name", "destination", "decided_by", "reason", "reference")
        }
    ),
    status=st.sampled_from(["requested", "approved", "paid", "rejected", "failed"]),
    amount=st.integers(min_value=1, max_value=10**15),
    currency=st.sampled_from(["usd", "jpy", "kwd", "chf"]),
)
def test_slack_takes_every_card(
    words: dict[str, Any], status: str, amount: int, currency: str
) -> None:
    """Whatever stands in the fields, nothing breaks a limit and nothing is markup."""
    shown = view(status=status, amount_cents=amount, currency=currency, **words)
    text, blocks = payout_card(shown)
    assert not check_blocks(blocks)
    assert '"mrkdwn"' not in json.dumps(blocks)
    assert 0 < len(text) <= 4000
    assert not re.search("[<>]", text)
    errand = Errand(str(shown.payout.id), "https://hooks.slack.example/1")
    for modal in (modals.rejection(shown, errand, words["reason"]), modals.payment(shown, errand)):
        assert not check_view(modal, "modal")
