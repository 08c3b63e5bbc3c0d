"""The card of a partner page: what operators see and can press, whatever is written on it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.landing import landing_card
from bot.errands import Errand
from bot.modals import landing as modals
from domain.landing import View
from sandbox.slack.blocks import check_blocks, check_view
from storage.affiliates import Affiliate
from storage.ids import new_id
from storage.landing import LandingPage
from tests.bot.cards.samples import TEXT
from tests.bot.cards.test_applications import buttons, seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PUBLIC = "https://desk.example.com"


def view(*, standing: str = "approved", **fields: Any) -> View:
    """A view of a page with these fields."""
    affiliate = Affiliate(
        reference="aff_JARED30",
        status=standing,
        email="jared@example.com",
        email_key="jared@example.com",
        display_name=fields.get("name", "Jared Bets"),
        promo_code="JARED30",
    )
    given_fields = {
        "slug": "jared-bets",
        "name": "Jared Bets",
        "headline": "Props, without guessing",
        "theme_color": "#0e5a45",
        "is_active": True,
        **fields,
    }
    return View(LandingPage(id=new_id(), affiliate_user_id=affiliate.id, **given_fields), affiliate)


DOWN = {"taken_down_at": NOON, "taken_down_by": "@rita", "taken_down_reason": "Not yours."}


@pytest.mark.parametrize(
    ("fields", "offered", "told"),
    [
        ({}, ["Take down"], "Published"),
        ({"is_active": False}, ["Take down"], "Hidden by its affiliate"),
        ({"standing": "paused"}, ["Take down"], "the affiliate is paused"),
        (DOWN, ["Put back"], "Taken down by @rita"),
        (DOWN, ["Put back"], "Not yours."),
        ({"photo": "abc"}, ["Take down"], "one of their own"),
        ({"bio": "I like props."}, ["Take down"], "I like props."),
    ],
)
def test_the_card_shows_how_it_stands(
    fields: dict[str, Any], offered: list[str], told: str
) -> None:
    """With the one button that makes sense, and a link to the page itself."""
    text, blocks = landing_card(view(**fields), PUBLIC)
    assert buttons(blocks) == offered
    assert told in seen(blocks)
    assert "https://desk.example.com/partner/jared-bets" in str(blocks)
    assert "Jared Bets" in text


def test_an_older_card_has_nothing_to_press() -> None:
    """The newer one has."""
    _, blocks = landing_card(view(), PUBLIC, latest=False)
    assert buttons(blocks) == []
    assert "newer card" in seen(blocks)


@given(TEXT, TEXT, TEXT, st.sampled_from([{}, DOWN]))
def test_slack_takes_every_card_and_modal(
    name: str, headline: str, bio: str, state: dict[str, Any]
) -> None:
    """Whatever an affiliate typed, and no markup of theirs is obeyed."""
    found = view(name=name, headline=headline, bio=bio, custom_cta=headline, **state)
    for latest in (True, False):
        text, blocks = landing_card(found, PUBLIC, latest=latest)
        assert not check_blocks(blocks)
        assert "<" not in text
    for reason in ("", modals.REASONS[0]):
        form = modals.take_down(found, Errand(str(found.page.id), "https://answer"), reason)
        assert not check_view(form, "modal")
