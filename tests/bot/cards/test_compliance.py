"""The card of a case: evidence, buttons, decisions, and any text in them."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.compliance import answer_note, case_card, cases_card, in_words, record_card
from domain.compliance_cases import View
from sandbox.slack.blocks import check_blocks
from storage.affiliates import Affiliate
from storage.compliance import Case, CaseAnswer, Report, Violation
from storage.ids import new_id
from tests.bot.cards.test_applications import buttons, seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def view(text: str = "Odd", *, status: str = "approved", count: int = 1, **decided: Any) -> View:
    """A case with so many violations found automatically, and one that was reported."""
    owner = Affiliate(
        id=new_id(),
        reference="aff_X",
        status=status,
        email=text[:200] or "x@example.com",
        email_key="x",
        display_name=text,
        promo_code="JARED30",
    )
    case = Case(id=new_id(), affiliate_user_id=owner.id, **decided)
    about: dict[str, Any] = {
        "affiliate_user_id": owner.id,
        "case_id": case.id,
        "created_at": NOON,
    }
    evidence = {"facts": [["Visitors", text]], "samples": [text]}
    found = [
        Violation(id=new_id(), kind="cookie_stuffing", source="auto", evidence=evidence, **about)
        for _ in range(count)
    ]
    told = Violation(id=new_id(), kind="spam", source="report", times=12, **about)
    report = Report(
        named=text, kind="spam", text=text, url=text, email=text, reporter="r", once="o"
    )
    answers = [CaseAnswer(case_id=case.id, text=text, created_at=NOON)]
    return View(case, owner, [*found, told], {told.id: [report] * 5}, answers)


def test_the_card_shows_the_evidence_and_four_buttons() -> None:
    """Who reported it is for operators."""
    _, blocks = case_card(view("Odd"))
    assert "Visitors: Odd" in seen(blocks)
    assert "reported from 12 networks" in seen(blocks)
    assert "The affiliate answered" in seen(blocks)
    assert buttons(blocks) == ["Warn", "Suspend", "Terminate", "Dismiss"]
    assert buttons(case_card(view(status="terminated"))[1]) == ["Dismiss"]


@pytest.mark.parametrize(
    ("decision", "told"),
    [("warned", "Warned by @rita"), ("dismissed", "Dismissed by @rita")],
)
def test_a_decided_card_says_who(decision: str, told: str) -> None:
    """And has no buttons."""
    _, blocks = case_card(
        view(decision=decision, decided_by="@rita", reason="So.", decided_at=NOON)
    )
    assert told in seen(blocks)
    assert buttons(blocks) == []


def test_violations_are_counted_in_words() -> None:
    """What was dismissed does not stand against anybody."""
    assert in_words({"dismissed": 3}) == ""
    assert in_words({"confirmed": 1}) == "1 violation"
    assert in_words({"confirmed": 1, "open": 2}) == "3 violations, 2 to be decided"


@given(text=st.text(max_size=2500), count=st.integers(min_value=0, max_value=30))
def test_slack_takes_every_card(text: str, count: int) -> None:
    """Whatever stands in the fields, nothing breaks a limit and nothing is markup."""
    one = view(text, count=count)
    done = view(text, count=count, decision="warned", reason=text, decided_by=text, decided_at=NOON)
    for message in (
        case_card(one),
        case_card(done),
        cases_card([one] * 12, 40, 3),
        record_card(one.affiliate, [done] * 12),
        answer_note(one.affiliate, one.answers[0]),
    ):
        words, blocks = message
        assert not check_blocks(blocks)
        assert len(blocks) <= 50
        assert '"mrkdwn"' not in json.dumps(blocks)
        assert 0 < len(words) <= 4000
        assert not re.search("[<>]", words)
