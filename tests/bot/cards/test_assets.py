"""Resources as operators see them: the list, the form, the history, whatever stands in them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asset_drafts import Draft
from bot.cards.assets import SHOWN_MAX, Listed, asset_card, assets_card
from bot.errands import Errand
from bot.modals import assets as modals
from domain.asset_content import TYPES
from domain.assets import in_order
from sandbox.slack.blocks import check_blocks, check_view
from storage.assets import Asset, AssetVersion
from tests.bot.cards.samples import TEXT
from tests.bot.cards.test_applications import seen

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def asset(**fields: Any) -> Asset:
    """A published post with these fields."""
    given_fields: dict[str, Any] = {
        "asset_type": "social_post",
        "title": "A post",
        "status": "published",
        "changed_at": NOON,
    }
    return Asset(**(given_fields | fields))


def offered(block: dict[str, Any]) -> list[str]:
    """What the menu beside a resource offers."""
    return [option["text"]["text"] for option in block["accessory"]["options"]]


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("draft", ["Edit", "Publish", "Archive", "History"]),
        ("published", ["Edit", "Archive", "History"]),
        ("archived", ["Edit", "Publish", "History"]),
    ],
)
def test_the_menu_has_what_makes_sense(status: str, steps: list[str]) -> None:
    """By how the resource stands."""
    _, blocks = assets_card(Listed([asset(status=status)], more=False))
    (row,) = [block for block in blocks if block["type"] == "section"]
    assert offered(row) == steps


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (Listed([], more=False), "There is no resource yet."),
        (Listed([], more=False, text="<props>"), "There is no resource with “<props>”."),
        (Listed([], more=False, status="archived"), "There is no archived resource."),
        (Listed([asset()], more=False), "1 resource."),
        (Listed([asset()], more=True), "The first 1 resources."),
        (Listed([asset()] * 2, more=False, asset_type="faq"), "2 resources under FAQ."),
    ],
)
def test_a_sentence_says_what_was_found(found: Listed, sentence: str) -> None:
    """Also where that is nothing."""
    text, blocks = assets_card(found)
    assert sentence in seen(blocks)
    assert "<" not in text


@given(TEXT, TEXT, TEXT, st.sampled_from(["draft", "published", "archived"]))
def test_slack_takes_every_card_and_modal(title: str, body: str, url: str, status: str) -> None:
    """Whatever was written, in the longest list, and with a complaint above the form."""
    made = [
        asset(asset_type=kind, title=title, body=body, url=url, status=status, file_name=title)
        for kind in TYPES
    ]
    many = in_order((made * SHOWN_MAX)[:SHOWN_MAX])
    for found in (Listed(many, more=True, text=body, starters_left=True), Listed([], more=False)):
        text, blocks = assets_card(found)
        assert not check_blocks(blocks)
        assert "<" not in text
    text, blocks = asset_card(made[0], title, undo=True)
    assert not check_blocks(blocks)
    assert "<" not in text
    errand = Errand(f"{made[0].id}:1", "https://answer")
    versions = [
        AssetVersion(
            asset_id=made[0].id,
            version=number,
            asset_type="faq",
            title=title,
            body=body,
            file_name=title,
            saved_by=title,
            saved_at=NOON,
        )
        for number in range(1, modals.VERSIONS_SHOWN + 1)
    ]
    for view in (
        modals.form(Draft.of(made[0]), errand, title),
        modals.form(Draft(), Errand("")),
        modals.form(Draft(place=body, file="F1", drop_file=True, kept_file=title or "x"), errand),
        modals.fetching(errand, "a-name"),
        modals.saved(title, errand),
        modals.history(made[0], versions, errand, title),
    ):
        assert not check_view(view, "modal")
