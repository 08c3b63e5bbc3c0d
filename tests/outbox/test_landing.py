"""The cards of partner pages: posted once, kept up to date, and the mails around them."""

from datetime import timedelta

import pytest

import clock
from domain import landing
from sandbox.slack.people import AFFILIATES
from storage.landing import LandingPage
from tests.builders import RITA, join
from tests.landing_builders import save
from tests.outbox.conftest import Outside


def shown(outside: Outside) -> list[str]:
    """The texts of the cards of pages in the channel, oldest first."""
    slack = outside.stand_ins.slack
    posted = slack.messages(AFFILIATES)
    return [slack.text_of(m) for m in posted if m["metadata"]["event_type"] == "landing"]


async def published(outside: Outside) -> LandingPage:
    """A page whose card was posted."""
    page = await save(outside.db, await join(outside.db))
    await outside.settle()
    return page


async def test_a_published_page_becomes_a_card_that_follows_it(outside: Outside) -> None:
    """Taken down, put back: the card says so, and the affiliate is mailed."""
    page = await published(outside)
    (card,) = shown(outside)
    assert "Props, without guessing" in card
    assert f"/partner/{page.slug}" in card
    async with outside.db.transaction() as session:
        await landing.take_down(session, page.id, "It promises too much.", RITA)
    await outside.settle()
    (card,) = shown(outside)
    assert "Taken down by @rita" in card
    async with outside.db.transaction() as session:
        await landing.put_back(session, page.id, RITA)
    await outside.settle()
    assert "Published" in shown(outside)[0]
    down, back = sorted(
        (one for one in outside.stand_ins.mail.letters if "partner page" in one["subject"]),
        key=lambda letter: "is back" in letter["subject"],
    )
    assert "It promises too much." in down["text"]
    assert "/affiliate/dashboard/landing" in down["html"]
    assert f"/partner/{page.slug}" in back["text"]


async def test_a_lost_answer_posts_no_second_card(outside: Outside) -> None:
    """The card that nobody heard of is found."""
    await join(outside.db)
    await outside.settle()
    outside.stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)
    mia = await join(outside.db, "MIA30", email="mia@example.com")
    await outside.settle()
    outside.stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)
    await save(outside.db, mia)
    await outside.settle()
    assert len(shown(outside)) == 1


async def test_a_later_change_leaves_the_old_card_without_buttons(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes down from a card that shows what is not there any more."""
    jared = await join(outside.db)
    await save(outside.db, jared)
    await outside.settle()
    later = clock.now() + landing.NEWS_AFTER + timedelta(seconds=1)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: later)
        await save(outside.db, jared, headline="Something else")
    await outside.settle()
    old, new = shown(outside)
    assert "newer card" in old
    assert "Take down" not in old
    assert "Something else" in new
