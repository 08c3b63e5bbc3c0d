"""Cases in the channel and in the mailbox: once each, in their order, whatever gets lost."""

from typing import Any

import pytest

from domain import compliance_cases, program
from domain.compliance import Kind
from domain.compliance_cases import Decision
from sandbox.slack.people import AFFILIATES
from scheduled.compliance import tell_of_terms
from tests.builders import RITA, join
from tests.compliance_builders import case_of, decide, finding, found
from tests.domain.test_compliance_reports import report
from tests.landing_builders import JARED
from tests.outbox.conftest import Outside


def cards(outside: Outside) -> list[dict[str, Any]]:
    """The cards of cases in the operators' channel."""
    posted = outside.stand_ins.slack.messages(AFFILIATES)
    return [m for m in posted if (m.get("metadata") or {}).get("event_type") == "case"]


def letter_about(outside: Outside, *parts: str) -> dict[str, Any]:
    """The mail to Jared that holds these words; mails may overtake each other."""
    letters = outside.stand_ins.mail.letters_to("jared@example.com")
    (found_one,) = [one for one in letters if all(part in one["text"] for part in parts)]
    return found_one


def thread(outside: Outside, card: dict[str, Any]) -> list[str]:
    """What stands below a card."""
    slack = outside.stand_ins.slack
    below = slack.replies(AFFILIATES, card["ts"])
    return [slack.text_of(m) for m in below if m["ts"] != card["ts"]]


@pytest.mark.parametrize("lost", [False, True], ids=["undisturbed", "answers lost"])
async def test_a_case_is_one_card_with_its_news_below(outside: Outside, *, lost: bool) -> None:
    """Another violation and an answer are told once each, in the thread."""
    slack = outside.stand_ins.slack
    jared = await join(outside.db)
    if lost:
        slack.fail_next("chat.postMessage", status=500, after_work=True)
    case = await case_of(outside.db, jared)
    await outside.settle()
    (card,) = cards(outside)
    assert "Cookie stuffing" in slack.text_of(card)
    if lost:
        slack.fail_next("chat.postMessage", status=500, after_work=True)
    await found(outside.db, jared, finding(Kind.FORCED_CLICKS, mark="frames"))
    await outside.settle()
    (card,) = cards(outside)
    assert "Forced clicks" in slack.text_of(card)
    assert len(thread(outside, card)) == 1
    await decide(outside.db, case, Decision.WARNED)
    async with outside.db.transaction() as session:
        await compliance_cases.answer(session, jared.id, case, "It was <a test>.", JARED)
    await outside.settle()
    (card,) = cards(outside)
    assert "Warned by @rita" in slack.text_of(card)
    assert "It was <a test>." in thread(outside, card)[-1]
    assert len(thread(outside, card)) == 2


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision.WARNED, "still work"),
        (Decision.SUSPENDED, "payouts wait"),
        (Decision.TERMINATED, "have stopped working"),
    ],
)
async def test_the_mail_says_what_was_seen_why_and_how_to_answer(
    outside: Outside, decision: Decision, words: str
) -> None:
    """And nothing of who reported it."""
    jared = await join(outside.db)
    await report(outside.db, text="I am Nina and I saw it.", email="nina@example.net")
    case = await case_of(outside.db, jared)
    await decide(outside.db, case, decision)
    await outside.settle()
    letter = letter_about(outside, "Jared Bets", "What was seen")
    for kind in ("text", "html"):
        for part in ("Please stop that.", "Cookie stuffing", "Visitors: 12", "/dashboard/rules"):
            assert part in letter[kind]
        assert words in letter[kind]
        assert "It was reported to us." in letter[kind]
        assert "Nina" not in letter[kind]
        assert "nina" not in letter[kind]


async def test_the_mail_about_changed_rules_tells_what_is_new(outside: Outside) -> None:
    """The sentence itself, and from when payouts wait."""
    await join(outside.db)
    async with outside.db.transaction() as session:
        await program.update(session, {"terms": ["I will wear no hat."]}, RITA)
    async with outside.db.transaction() as session:
        await tell_of_terms(session)
    await outside.settle()
    letter = letter_about(outside, "have changed")
    assert "I will wear no hat." in letter["text"]
    assert "payouts wait until" in letter["text"]
