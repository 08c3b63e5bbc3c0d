"""The card of a code that may have leaked: posted once, kept up to date, plainer if need be."""

from typing import Any

from domain import leaks
from sandbox.slack.people import AFFILIATES
from tests.builders import RITA
from tests.leak_builders import alert
from tests.outbox.conftest import Outside


def cards(outside: Outside) -> list[dict[str, Any]]:
    """The cards in the operators' channel."""
    posted = outside.stand_ins.slack.messages(AFFILIATES)
    return [m for m in posted if m["metadata"]["event_type"] == "leak"]


def kinds(card: dict[str, Any]) -> set[str]:
    """The kinds of blocks on a card."""
    return {block["type"] for block in card["blocks"]}


async def test_it_is_posted_and_then_says_who_decided(outside: Outside) -> None:
    """One message, with its chart."""
    _, leak = await alert(outside.db)
    await outside.settle()
    (card,) = cards(outside)
    assert "LAUNCH20 may have leaked" in outside.stand_ins.slack.text_of(card)
    assert {"data_visualization", "actions"} <= kinds(card)
    async with outside.db.transaction() as session:
        await leaks.dismiss(session, leak.id, RITA)
    await outside.settle()
    (card,) = cards(outside)
    assert f"Called fine by {RITA.name}" in outside.stand_ins.slack.text_of(card)
    assert "actions" not in kinds(card)


async def test_a_lost_answer_posts_no_second_card(outside: Outside) -> None:
    """It is looked for before it is posted again."""
    outside.stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)
    await alert(outside.db)
    await outside.settle()
    assert len(cards(outside)) == 1


async def test_a_workspace_without_charts_gets_the_figures(outside: Outside) -> None:
    """Posting and bringing up to date alike."""
    slack = outside.stand_ins.slack
    slack.fail_next("chat.postMessage", error="invalid_blocks")
    _, leak = await alert(outside.db)
    await outside.settle()
    (card,) = cards(outside)
    assert "data_visualization" not in kinds(card)
    assert "12 uses" in slack.text_of(card)
    slack.fail_next("chat.update", error="invalid_blocks")
    async with outside.db.transaction() as session:
        await leaks.dismiss(session, leak.id, RITA)
    await outside.settle()
    (card,) = cards(outside)
    assert "data_visualization" not in kinds(card)
    assert "Called fine" in slack.text_of(card)
    assert [one for one in await outside.effects() if one.parked_at] == []
