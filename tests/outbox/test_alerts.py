"""An alert in the operators' channel: one message, which later says that it is over."""

from pathlib import Path
from typing import Any

from bot.cards.alerts import anchor
from domain import alerts
from sandbox.slack.people import AFFILIATES
from tests.outbox.conftest import Outside

HOSTILE = "<!channel> *Stripe* said <b>\u202eno</b> & hung up"


def cards(outside: Outside) -> list[dict[str, Any]]:
    """The alerts in the operators' channel."""
    posted = outside.stand_ins.slack.messages(AFFILIATES)
    return [m for m in posted if m["metadata"]["event_type"] == "alert"]


async def test_it_is_posted_once_and_then_says_that_it_is_over(outside: Outside) -> None:
    """It leads to the page that says what to do, and pings nobody whatever the problem says."""
    for _ in range(2):
        async with outside.db.transaction() as session:
            await alerts.put(session, "service:Stripe", HOSTILE)
    await outside.settle()
    (card,) = cards(outside)
    text = outside.stand_ins.slack.text_of(card)
    assert "A service does not answer" in text
    assert "docs/runbook.md#a-service-does-not-answer" in text
    assert "<!channel>" not in card["text"]
    async with outside.db.transaction() as session:
        await alerts.clear(session, "service:Stripe")
    await outside.settle()
    (card,) = cards(outside)
    text = outside.stand_ins.slack.text_of(card)
    assert "Over: a service does not answer" in text
    assert "It is over since" in text
    assert "runbook" not in text
    async with outside.db.transaction() as session:
        await alerts.put(session, "service:Stripe", "Stripe hung up again.")
    await outside.settle()
    assert len(cards(outside)) == 2


async def test_a_lost_answer_posts_no_second_one(outside: Outside) -> None:
    """It is looked for before it is posted again."""
    outside.stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)
    async with outside.db.transaction() as session:
        await alerts.put(session, alerts.PARKED, "1 thing has failed.")
    await outside.settle()
    assert len(cards(outside)) == 1


async def test_an_outage_of_slack_itself_is_told_when_it_is_over(outside: Outside) -> None:
    """The card that could not be posted meanwhile says at once that all is well again."""
    async with outside.db.transaction() as session:
        await alerts.put(session, "service:Slack", "Slack could not be reached.")
        await alerts.clear(session, "service:Slack")
    await outside.settle()
    (card,) = cards(outside)
    assert "Over: a service does not answer" in outside.stand_ins.slack.text_of(card)


def test_the_runbook_has_a_chapter_for_each_alert() -> None:
    """What a card names can be found."""
    page = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()
    chapters = {anchor(line[3:]) for line in page.splitlines() if line.startswith("## ")}
    assert {anchor(title) for title in alerts.TITLES.values()} <= chapters
