"""The weekly summary in the channel, and statements in mailboxes."""

import clock
from domain import effects, subscriptions
from domain.statement_mails import MAIL
from domain.subscriptions import STATEMENTS
from sandbox.slack.people import AFFILIATES
from tests.builders import PAID, facts, join, later, settle
from tests.outbox.conftest import Outside


async def test_the_summary_is_posted_once_though_an_answer_is_lost(outside: Outside) -> None:
    """It is looked for before it is posted again; without native charts it comes in words."""
    with clock.travel(PAID):
        await join(outside.db)
        await settle(outside.db, facts())
    await outside.settle()
    outside.stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)
    async with outside.db.transaction() as session:
        await effects.post_digest(session, "2026-W44")
    await outside.settle()
    posted = outside.stand_ins.slack.messages(AFFILIATES)
    (message,) = [one for one in posted if one["metadata"]["event_type"] == "digest"]
    words = outside.stand_ins.slack.text_of(message)
    assert "Week 44, 26 October to 1 November 2026" in words
    assert "JARED30" in words


async def test_a_statement_says_what_became_of_the_month(outside: Outside) -> None:
    """The figures of the page that it leads to, and a way out of it."""
    with clock.travel(PAID):
        jared = await join(outside.db)
        await settle(outside.db, facts(), later(facts(), refunded=1450))
    async with outside.db.transaction() as session:
        await subscriptions.send_mail(session, STATEMENTS, MAIL, jared, month="2026-11")
    await outside.settle()
    letters = outside.stand_ins.mail.letters_to("jared@example.com")
    (letter,) = [one for one in letters if "statement" in one["subject"]]
    assert letter["subject"] == "Your statement of November 2026"
    for words in (
        "$5.57",
        "\N{MINUS SIGN}$2.90",
        "$2.67",
        "statement?month=2026-11",
        "/unsubscribe/",
    ):
        assert words in letter["text"], words
        assert words in letter["html"], words
