"""The cards of tax forms: posted once, kept up to date, and the mails around them."""

from datetime import timedelta

import clock
from domain import taxes
from sandbox.slack.people import AFFILIATES
from tests.builders import join
from tests.outbox.conftest import Outside
from tests.tax_builders import GERMAN, seal, send, send_back


def shown(outside: Outside) -> list[str]:
    """The texts of the cards of tax forms in the channel, oldest first."""
    slack = outside.stand_ins.slack
    posted = slack.messages(AFFILIATES)
    return [slack.text_of(m) for m in posted if m["metadata"]["event_type"] == "tax_form"]


async def test_a_form_becomes_a_card_that_follows_it(outside: Outside) -> None:
    """Sent back, replaced: the card says so, and the affiliate is mailed what to do."""
    seal(outside.db)
    jared = await join(outside.db)
    form = await send(outside.db, jared.id)
    await outside.settle()
    (card,) = shown(outside)
    assert "Waiting for finance" in card
    await send_back(outside.db, form, "The name is not the one at the IRS.")
    await outside.settle()
    (card,) = shown(outside)
    assert "Sent back by @rita" in card
    assert "Verify" not in card
    await send(outside.db, jared.id)
    await outside.settle()
    old, new = shown(outside)
    assert "They have sent a newer form since." in old
    assert "Waiting for finance" in new
    letters = outside.stand_ins.mail.letters_to(jared.email)
    back = [each for each in letters if each["subject"] == "Please send your W-9 again"]
    assert len(back) == 1
    assert "The name is not the one at the IRS." in back[0]["text"]
    assert "/affiliate/dashboard/tax" in back[0]["html"]


async def test_a_lost_answer_posts_no_second_card(outside: Outside) -> None:
    """The card that nobody heard of is found."""
    seal(outside.db)
    jared = await join(outside.db)
    await outside.settle()
    outside.stand_ins.slack.fail_next("chat.postMessage", status=500, after_work=True)
    await send(outside.db, jared.id)
    await outside.settle()
    assert len(shown(outside)) == 1


async def test_a_form_that_ends_soon_is_asked_for_by_mail(outside: Outside) -> None:
    """With its last day."""
    seal(outside.db)
    jared = await join(outside.db)
    form = await send(outside.db, jared.id, GERMAN)
    ends = clock.now() + timedelta(days=30)
    async with outside.db.transaction() as session:
        form.expires_at = ends
        session.add(form)
    async with outside.db.transaction() as session:
        await taxes.tell_expiring(session)
    await outside.settle()
    letters = outside.stand_ins.mail.letters_to(jared.email)
    (letter,) = [each for each in letters if "is good until" in each["subject"]]
    assert letter["subject"] == f"Your W-8BEN is good until 31 December {ends.year - 1}"
