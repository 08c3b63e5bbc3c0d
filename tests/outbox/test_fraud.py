"""Pauses in the channel and the mailbox: once each, whatever gets lost on the way."""

import re
from typing import Any

import pytest

from domain import effects, fraud_decisions
from sandbox.slack.people import AFFILIATES
from storage.fraud import BANNED, RESTORED
from tests.builders import affiliate_now, join
from tests.fraud_builders import cheat, decide, flags
from tests.landing_builders import JARED
from tests.outbox.conftest import Outside


def cards(outside: Outside) -> list[dict[str, Any]]:
    """The cards of pauses in the operators' channel."""
    posted = outside.stand_ins.slack.messages(AFFILIATES)
    return [m for m in posted if (m.get("metadata") or {}).get("event_type") == "fraud"]


@pytest.mark.parametrize("lost", [False, True], ids=["undisturbed", "answers lost"])
async def test_a_cheat_is_paused_with_one_card_and_an_appeal_below(
    outside: Outside, *, lost: bool
) -> None:
    """From the evidence to the card, the mail, the appeal and the decision."""
    slack = outside.stand_ins.slack
    jared = await join(outside.db)
    await outside.settle()
    if lost:
        slack.fail_next("chat.postMessage", status=500, after_work=True)
    await cheat(outside.db, jared)
    await outside.settle()
    (card,) = cards(outside)
    told = slack.text_of(card)
    assert "Fraud score 75 of 100" in told
    assert "+30" in told
    assert "Restore" in str(card["blocks"])
    assert (await affiliate_now(outside.db, jared.id)).status == "paused"
    (letter,) = [
        one
        for one in outside.stand_ins.mail.letters_to("jared@example.com")
        if "paused for a review" in one["subject"]
    ]
    assert "Purchases that look like your own" in letter["text"]
    assert not re.search(r"\b75\b|score", letter["text"])
    if lost:
        slack.fail_next("chat.postMessage", status=500, after_work=True)
    async with outside.db.transaction() as session:
        await fraud_decisions.appeal(session, jared.id, "It was <my> class.", JARED)
    await outside.settle()
    (card,) = cards(outside)
    below = [m for m in slack.replies(AFFILIATES, card["ts"]) if m["ts"] != card["ts"]]
    assert len(below) == 1
    assert "It was <my> class." in slack.text_of(below[0])
    for word in ("Restore", "Ban", "Answer"):
        assert word in str(below[0]["blocks"])
    (flag,) = await flags(outside.db)
    await decide(outside.db, flag.id, RESTORED, reason="A class.")
    await outside.settle()
    (card,) = cards(outside)
    assert "Restored by @rita" in slack.text_of(card)
    assert "fraud.ban" not in str(card["blocks"])


async def test_the_answer_to_an_appeal_is_mailed(outside: Outside) -> None:
    """With what they wrote; a ban mails its reason."""
    jared = await join(outside.db)
    await cheat(outside.db, jared)
    await outside.settle()
    (flag,) = await flags(outside.db)
    async with outside.db.transaction() as session:
        await fraud_decisions.appeal(session, jared.id, "It was my class.", JARED)
    async with outside.db.read() as session:
        (one,) = (await fraud_decisions.view(session, flag.id)).appeals
    async with outside.db.transaction() as session:
        await fraud_decisions.answer(session, one.id, "It was not.", JARED)
    await decide(outside.db, flag.id, BANNED, reason="Your own purchases.")
    await outside.settle()
    texts = [one["text"] for one in outside.stand_ins.mail.letters_to("jared@example.com")]
    assert any("It was not." in text and "It was my class." in text for text in texts)
    assert any("Your own purchases." in text for text in texts)


async def test_a_score_may_be_found_twice(outside: Outside) -> None:
    """A second run of the effect pauses, mails and shows nothing again."""
    jared = await join(outside.db)
    await cheat(outside.db, jared)
    await outside.settle()
    mails = len(outside.stand_ins.mail.letters)
    for _ in range(2):
        async with outside.db.transaction() as session:
            await effects.look_again(session, jared.id, "a test")
        await outside.settle()
    assert len(cards(outside)) == 1
    assert len(outside.stand_ins.mail.letters) == mails
    assert len(await flags(outside.db)) == 1
