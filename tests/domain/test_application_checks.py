"""The review checklist: each check with what it ticks and what it flags."""

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.application_checks import Check, Review, run_checks
from domain.codes import Verdict
from domain.program import Program
from storage.applications import Application
from tests.builders import some_fields

TITLES = (
    "Audience can be verified",
    "Fits the product",
    "No coupon site or spam signs",
    "Terms accepted",
    "Code is brand-safe",
)
AUDIENCE, FIT, HONEST, TERMS, CODE = TITLES


def application(**changes: Any) -> Application:
    """An application that every check ticks, but for the changes."""
    return Application(**asdict(some_fields(**changes)))


def check(title: str, verdict: Verdict | None = None, **changes: Any) -> Check:
    """One line of an application's checklist."""
    review = Review(application(**changes), Program(), verdict or Verdict("JARED30"))
    return next(line for line in run_checks(review) if line.title == title)


def test_the_checklist_is_the_workflows() -> None:
    """All five conditions for an approval, in their order, and a good application ticks each."""
    lines = run_checks(Review(application(), Program(), Verdict("JARED30")))
    assert tuple(line.title for line in lines) == TITLES
    assert [line.title for line in lines if not line.good] == []


class TestAudience:
    """Real enough to verify."""

    def test_a_page_and_a_size_are_told(self) -> None:
        """The reviewer sees where to look and what to expect there."""
        line = check(AUDIENCE, platform_url="https://www.youtube.com/@j", audience_size="12,000")
        assert (line.good, line.reason) == (True, "12,000 at youtube.com.")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"platform_url": ""}, "No link"),
            ({"platform_url": "@jaredbets"}, "No link"),
            ({"platform_url": "javascript:alert(1)"}, "No link"),
            ({"platform_url": "http://[::1"}, "No link"),
            ({"platform_url": "https://bit.ly/x"}, "shortened by bit.ly"),
            ({"platform_url": "www.T.co/x"}, "shortened by t.co"),
            ({"audience_size": ""}, "no audience size"),
        ],
    )
    def test_what_cannot_be_looked_at_is_flagged(
        self, changes: dict[str, Any], reason: str
    ) -> None:
        """With the reason why."""
        line = check(AUDIENCE, **changes)
        assert not line.good
        assert reason in line.reason


class TestFit:
    """Sports, betting, DFS or fantasy, or whatever the product is near to."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"audience_focus": "NFL player PROPS"},
            {"audience_focus": "", "platform_url": "https://x.com/jaredsports"},
            {"audience_focus": "", "extra": [{"label": "About", "text": "I do esports"}]},
        ],
    )
    def test_a_word_of_the_field_anywhere_ticks_it(self, changes: dict[str, Any]) -> None:
        """In the focus, in the name of a channel, in an answer that no field took."""
        assert check(FIT, **changes).good

    def test_none_is_flagged_with_what_was_looked_for(self) -> None:
        """The words are the program's."""
        line = check(FIT, display_name="Jo", platform_url="x.com/jo", audience_focus="Knitting")
        assert not line.good
        assert "sport, betting" in line.reason


class TestHonest:
    """No coupon site, no spam, no promise of profit."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"promotion_methods": "I post deals every day"},
            {"platform": "Coupon site"},
            {"platform_url": "https://bestdeals.example.com"},
        ],
    )
    def test_a_coupon_site_is_flagged(self, changes: dict[str, Any]) -> None:
        """By its words, and by its name."""
        line = check(HONEST, **changes)
        assert not line.good
        assert line.reason.startswith("Sounds like a coupon or deal site: ")

    @pytest.mark.parametrize(
        "said",
        [
            "Guaranteed winners",
            "Risk-free picks",
            "you can\N{RIGHT SINGLE QUOTATION MARK}t lose",
            "100% wins",
        ],
    )
    def test_a_promise_of_profit_is_flagged(self, said: str) -> None:
        """Also with a typographic apostrophe."""
        line = check(HONEST, promotion_methods=said)
        assert not line.good
        assert line.reason.startswith("Sounds like a promise of profit: ")

    def test_both_are_said_where_both_are_there(self) -> None:
        """One reason to look closer does not hide a worse one."""
        line = check(HONEST, audience_focus="Coupons every day, profit guaranteed!")
        assert not line.good
        assert line.reason == (
            "Sounds like a coupon or deal site: coupon; and like a promise of profit: guarantee."
        )

    @pytest.mark.parametrize("said", ["An ideal audience", "Ordeal of the week", "1100%"])
    def test_a_word_inside_another_is_none(self, said: str) -> None:
        """Honest applicants are not flagged by accident."""
        assert check(HONEST, promotion_methods=said).good


class TestTerms:
    """The applicant accepted terms."""

    def test_all_ticked(self) -> None:
        """And how many there were."""
        assert check(TERMS).reason == "All 2 boxes are ticked."

    def test_a_box_left_empty_is_named(self) -> None:
        """So that the reviewer can ask."""
        line = check(TERMS, terms={"I agree": True, "No spam": False})
        assert (line.good, line.reason) == (False, "Not ticked: No spam.")

    def test_no_boxes_is_flagged(self) -> None:
        """A form that asks for no consent got none."""
        assert not check(TERMS, terms={}).good


class TestCode:
    """The requested code is brand-safe."""

    @pytest.mark.parametrize(
        ("verdict", "good", "reason"),
        [
            (Verdict("JARED30"), True, "JARED30 can be used."),
            (
                Verdict("VIP", "VIP is too generic.", "JARED30"),
                False,
                "VIP is too generic. JARED30 would work.",
            ),
            (Verdict("VIP", "VIP is too generic."), False, "VIP is too generic."),
            (Verdict("", "Type a code."), False, "No code was asked for."),
            (
                Verdict("", "Type a code.", "JARED"),
                False,
                "No code was asked for. JARED would work.",
            ),
        ],
    )
    def test_the_rules_verdict_is_told(self, verdict: Verdict, good: bool, reason: str) -> None:  # noqa: FBT001 - a column of the table
        """With the better code, where there is one."""
        line = check(CODE, verdict)
        assert (line.good, line.reason) == (good, reason)


@given(st.text(max_size=60), st.text(max_size=60), st.dictionaries(st.text(), st.booleans()))
def test_whatever_was_typed_can_be_checked(url: str, text: str, terms: dict[str, bool]) -> None:
    """A hostile form still gets its card, with every line of the checklist."""
    fields = {"platform_url": url, "audience_focus": text, "terms": terms}
    for line in run_checks(Review(application(**fields), Program(), Verdict(text))):
        assert line.reason
