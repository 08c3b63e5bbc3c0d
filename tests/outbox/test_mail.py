"""Mails that can be refused, as they leave."""

from http import HTTPStatus

from domain import program, subscriptions
from domain.audit import Actor
from domain.subscriptions import CONTESTS
from sandbox.faults import HANG_UP
from storage.outbox import Effect
from tests.builders import RITA, apply, join
from tests.outbox.conftest import Outside

SOMEBODY = Actor("ann@example.com", "", "mail")


async def test_a_mail_of_a_topic_says_how_to_end_it(outside: Outside) -> None:
    """By the headers of one click and by a link, in both bodies; other mails have neither."""
    affiliate = await join(outside.db)
    async with outside.db.transaction() as session:
        await subscriptions.send_mail(session, CONTESTS, "affiliate_restored", affiliate)
    await outside.settle()
    letters = outside.stand_ins.mail.letters_to(affiliate.email)
    (letter,) = [one for one in letters if one["headers"]]
    link = letter["headers"]["List-Unsubscribe"].strip("<>")
    assert letter["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/unsubscribe/contests/" in link
    assert link in letter["text"]
    assert f'href="{link}"' in letter["html"]
    (welcome,) = [one for one in letters if "You are in:" in one["subject"]]
    assert "nsubscribe" not in welcome["text"] + welcome["html"]


async def test_a_mail_that_was_refused_meanwhile_does_not_leave(outside: Outside) -> None:
    """It was asked for before they unsubscribed, and is dropped without a fuss."""
    affiliate = await join(outside.db)
    async with outside.db.transaction() as session:
        await subscriptions.send_mail(session, CONTESTS, "affiliate_restored", affiliate)
        await subscriptions.unsubscribe(session, affiliate.id, CONTESTS, SOMEBODY)
    await outside.settle()
    letters = outside.stand_ins.mail.letters_to(affiliate.email)
    assert not [one for one in letters if one["headers"]]
    mails: list[Effect] = await outside.effects("mail")
    assert not [mail for mail in mails if mail.parked_at]


async def test_a_mail_whose_words_changed_after_a_lost_answer_is_done(outside: Outside) -> None:
    """It got through with what was true then; the service refuses the other words, and that is it.

    The mail tells how to reach us, and that changes between the two attempts.
    """
    outside.stand_ins.mail.traffic.fail_next(HANG_UP, after_work=True)
    await apply(outside.db)

    async def is_lost() -> bool:
        return [one.last_error for one in await outside.effects("mail")] != [None]

    await outside.pump_until(is_lost)
    async with outside.db.transaction() as session:
        await program.update(session, {"support_email": "other@propmine.example.com"}, RITA)
    await outside.settle()
    (mail,) = await outside.effects("mail")
    assert (mail.parked_at, len(outside.stand_ins.mail.letters)) == (None, 1)
    refused = outside.stand_ins.mail.traffic.log[-1].status
    assert refused == HTTPStatus.CONFLICT
