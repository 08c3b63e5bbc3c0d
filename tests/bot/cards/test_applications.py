"""The application card: always something that Slack takes, and never anything it obeys."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from operator import mul
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.applications import application_card
from domain.application_checks import Check
from domain.applications import View
from domain.codes import Verdict
from domain.recruits import Named
from sandbox.slack.blocks import check_blocks, elements_of
from sandbox.slack.texts import blocks_text
from storage.affiliates import Affiliate
from storage.applications import Application

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOSTILE = (
    "<!channel>",
    "<!here|x>",
    "<@U0MARIA>",
    "<#C0GENERAL>",
    "<http://evil.example|click>",
    "*bold*",
    "_it_ ~gone~ `code`",
    ":smile:",
    "<script>alert(1)</script>",
    "&lt;!channel&gt;",
)


def view(attention: str = "", affiliate: Affiliate | None = None, **fields: Any) -> View:
    """A view of an application with these fields."""
    given_fields = {
        "legal_name": "Jared Cole",
        "email": "jared@example.com",
        "email_key": "jared@example.com",
        "submitted_at": NOON,
        **fields,
    }
    return View(
        Application(**given_fields),
        [Check("Terms accepted", True, "All 1 boxes are ticked."), Check("Fits", False, "No.")],
        Verdict("JARED30"),
        attention,
        affiliate,
    )


def pressable(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buttons, in order."""
    found = [element for block in blocks for element in elements_of(block)]
    return [element for element in found if element["type"] == "button"]


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    """The visible texts of the buttons."""
    return [element["text"]["text"] for element in pressable(blocks)]


def seen(blocks: list[dict[str, Any]]) -> str:
    """The visible text of a card."""
    return "\n".join(blocks_text(blocks))


def affiliate(status: str) -> Affiliate:
    """Somebody who was approved, and stands like this now."""
    return Affiliate(
        reference="aff_JARED30",
        status=status,
        email="jared@example.com",
        email_key="jared@example.com",
        promo_code="JARED30",
        status_reason="Odd sales." if status == "paused" else "",
    )


class TestPending:
    """While an application waits."""

    def test_it_can_be_decided(self) -> None:
        """The buttons carry exactly the words and the application that they promise."""
        shown = view()
        _, blocks = application_card(shown)

        assert buttons(blocks) == ["Approve", "Reject", "Set promo code"]
        assert {each["value"] for each in pressable(blocks)} == {str(shown.application.id)}

    def test_without_an_address_it_cannot_be_approved(self) -> None:
        """The card says what is missing and offers to set it, in place of approving."""
        _, blocks = application_card(view("No usable mail address.", email_key=None, email="?"))

        assert buttons(blocks) == ["Set e-mail", "Reject", "Set promo code"]
        assert "No usable mail address." in seen(blocks)

    def test_the_checklist_ticks_and_flags(self) -> None:
        """Each check is shown with its sign and its reason."""
        _, blocks = application_card(view())

        text = json.dumps(blocks)
        assert text.index("white_check_mark") < text.index("All 1 boxes are ticked.")
        assert text.index('"warning"') < text.index('"No."')

    def test_everything_that_the_form_said_is_there(self) -> None:
        """Each field of ours and each answer that none of them takes."""
        fields: dict[str, Any] = {
            "display_name": "JaredPicks",
            "platform": "YouTube",
            "audience_size": "48,000",
            "audience_focus": "MLB props",
            "promotion_methods": "A weekly video",
            "requested_code": "jared30",
            "terms_version": "v7",
        }
        extra = [{"label": "How did you hear of us?", "text": "A friend"}]
        text, blocks = application_card(view(submissions=3, extra=extra, **fields))

        for said in (*fields.values(), "How did you hear of us?", "A friend", "submitted 3 times"):
            assert said in seen(blocks)
        assert text == "JaredPicks applies to the affiliate program"

    @pytest.mark.parametrize("hostile", HOSTILE)
    def test_the_recruiter_whom_it_names_is_there_with_what_is_wrong(self, hostile: str) -> None:
        """A good one by their code; a bad one as a warning, whatever was typed."""
        anna = affiliate("approved")
        shown = replace(view(recruited_by="JARED30"), named=Named("JARED30", anna))
        assert "Recruited by JARED30" in seen(application_card(shown)[1])
        shown = replace(view(recruited_by=hostile), named=Named(hostile, None, f"“{hostile}” no."))
        _, blocks = application_card(shown)
        assert "Recruited by" in seen(blocks)
        assert "no recruiter" in seen(blocks)
        assert not check_blocks(blocks)
        after = replace(view(affiliate=anna, status="approved"), recruiter=anna)
        assert "Recruited by JARED30" in seen(application_card(after)[1])


class TestDecided:
    """Once somebody has decided."""

    def test_a_rejection_shows_who_why_and_a_way_back(self) -> None:
        """The decision buttons are gone, `Reopen` asks before it acts."""
        _, blocks = application_card(
            view(
                status="rejected",
                decided_by="@maria",
                decided_at=NOON,
                decision_reason="Too small, sorry.",
            )
        )

        assert buttons(blocks) == ["Reopen"]
        assert pressable(blocks)[0]["confirm"]
        assert "Rejected by @maria" in seen(blocks)
        assert "Too small, sorry." in seen(blocks)
        assert f'"timestamp": {int(NOON.timestamp())}' in json.dumps(blocks)

    @pytest.mark.parametrize(
        ("status", "offered"),
        [("approved", ["Pause", "Ban"]), ("paused", ["Restore", "Ban"]), ("terminated", [])],
    )
    def test_an_approval_shows_how_the_affiliate_stands(
        self, status: str, offered: list[str]
    ) -> None:
        """Who approved, the code, the present status, and the steps that make sense."""
        _, blocks = application_card(
            view(
                status="approved", decided_by="@maria", decided_at=NOON, affiliate=affiliate(status)
            )
        )

        assert buttons(blocks) == offered
        assert "Approved by @maria" in seen(blocks)
        assert f"JARED30 · {status}" in seen(blocks)


class TestOutsideText:
    """Whatever somebody types into a form."""

    @pytest.mark.parametrize("text", HOSTILE)
    def test_it_is_shown_and_never_obeyed(self, text: str) -> None:
        """No part of the card is markup, and the fallback is escaped."""
        names = ("legal_name", "display_name", "platform", "audience_focus", "requested_code")
        extra = [{"label": text, "text": text}]
        fields: dict[str, Any] = dict.fromkeys(names, text)
        fallback, blocks = application_card(view(extra=extra, **fields))

        assert '"mrkdwn"' not in json.dumps(blocks)
        assert text in seen(blocks)
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", fallback)
        assert not {"user", "broadcast", "channel", "usergroup"} & kinds(blocks)

    @pytest.mark.parametrize(
        ("url", "linked"),
        [
            ("https://youtube.com/@jared", True),
            ("http://example.com", True),
            ("javascript:alert(1)", False),
            ("slack://channel?id=C0", False),
            ("mailto:a@example.com", False),
            ("https://", False),
            ("https://[broken", False),
            ("https://example.com/ two", False),
            (f"https://example.com/{'x' * 3000}", False),
        ],
    )
    def test_only_web_addresses_are_links(self, url: str, *, linked: bool) -> None:
        """Anything else is bare text, so that a press leads nowhere odd."""
        _, blocks = application_card(view(platform_url=url))

        assert ("link" in kinds(blocks)) is linked
        assert not check_blocks(blocks)

    def test_it_cannot_turn_the_text_after_it(self) -> None:
        """Characters that override the direction of text are left out; the words stay."""
        _, blocks = application_card(view(legal_name="\u202e\u05d3\u05e0\u05d9\u2066 Cole\x00"))

        assert "\u05d3\u05e0\u05d9 Cole" in seen(blocks)
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", seen(blocks))

    def test_a_long_name_is_cut_between_characters(self) -> None:
        """An emoji made of several code points is not left half at the end."""
        _, blocks = application_card(view(legal_name="a" * 68 + "👩‍👩‍👧"))

        assert blocks[0]["text"]["text"] == "a" * 68 + "👩…"

    @given(
        words=st.fixed_dictionaries(
            {
                name: st.builds(mul, st.text(max_size=20), st.sampled_from([1, 70]))
                for name in (
                    "legal_name",
                    "display_name",
                    "email",
                    "platform",
                    "platform_url",
                    "audience_focus",
                    "requested_code",
                    "promotion_methods",
                    "chosen_code",
                    "decided_by",
                    "decision_reason",
                    "terms_version",
                )
            }
        ),
        extra=st.lists(st.fixed_dictionaries({"label": st.text(), "text": st.text()}), max_size=30),
        status=st.sampled_from(["pending", "approved", "rejected"]),
    )
    def test_slack_takes_every_card(
        self, words: dict[str, Any], extra: list[dict[str, str]], status: str
    ) -> None:
        """Whatever stands in the fields, the blocks keep to Slack's rules and limits."""
        text, blocks = application_card(view(status=status, extra=extra, **words))

        assert not check_blocks(blocks)
        assert 0 < len(text) <= 4000
        assert not re.search("[<>]", text)


def kinds(part: Any) -> set[str]:
    """Every `type` that occurs in a card."""
    if isinstance(part, list):
        return set().union(*map(kinds, part))
    if isinstance(part, dict):
        own = {part["type"]} if isinstance(part.get("type"), str) else set()
        return own | kinds(list(part.values()))
    return set()
