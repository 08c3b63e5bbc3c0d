"""Pauses for a fraud score, decided in Slack, and appeals answered there."""

import pytest

from bot.cards.fraud import appeal_note, fraud_card
from domain import fraud_decisions
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, SAM
from tests.bot.conftest import Desk
from tests.builders import affiliate_now, join, mails_asked_for
from tests.fraud_builders import flagged, flags
from tests.landing_builders import JARED


async def post(desk: Desk, *, appeal: bool = False) -> str:
    """Post the card, or the appeal below it, as the outbox would; returns its time stamp."""
    (flag,) = await flags(desk.db)
    async with desk.db.read() as session:
        view = await fraud_decisions.view(session, flag.id)
    text, blocks = appeal_note(view, view.appeals[0]) if appeal else fraud_card(view)
    posted = await desk.context.slack.chat_postMessage(channel=AFFILIATES, text=text, blocks=blocks)
    return str(posted["ts"])


@pytest.mark.parametrize(
    ("press", "status", "mail", "said"),
    [
        ("Restore", "approved", "affiliate_restored", "JARED30 works again"),
        ("Ban", "terminated", "affiliate_terminated", "no affiliate any more"),
    ],
)
async def test_each_decision_asks_for_a_reason_below_the_evidence(
    desk: Desk, press: str, status: str, mail: str, said: str
) -> None:
    """A usual one can be picked, and the affiliate is mailed."""
    jared = await join(desk.db)
    await flagged(desk.db, jared)
    ts = await post(desk)
    await desk.ws.click(AMARA, AFFILIATES, ts, press)
    view = await desk.modal(AMARA, "fraud score 75")
    assert (await desk.ws.submit(AMARA, view["id"], {"Reason": " "})).errors
    await desk.ws.click_in(AMARA, view["id"], f"fraud_{press.lower()}.reason", "0")
    await desk.ws.until(lambda: "initial_value" in str(desk.ws.top_view(AMARA)) or None)
    assert (await desk.ws.submit(AMARA, view["id"])).ok
    await desk.whispered(AMARA, said)
    assert (await affiliate_now(desk.db, jared.id)).status == status
    assert (await mails_asked_for(desk.db))[-1][0] == mail
    (flag,) = await flags(desk.db)
    assert flag.decided_by == "@amara"
    assert flag.reason


async def test_whoever_is_second_or_a_stranger_changes_nothing(desk: Desk) -> None:
    """Both had the card in front of them."""
    jared = await join(desk.db)
    await flagged(desk.db, jared)
    ts = await post(desk)
    await desk.ws.click(SAM, AFFILIATES, ts, "Ban")
    await desk.whispered(SAM, "Only reviewers")
    for user, press in ((AMARA, "Restore"), (JONAS, "Ban")):
        await desk.ws.click(user, AFFILIATES, ts, press)
    first = await desk.modal(AMARA, "fraud score")
    second = await desk.modal(JONAS, "fraud score")
    assert (await desk.ws.submit(AMARA, first["id"], {"Reason": "An office."})).ok
    await desk.ws.submit(JONAS, second["id"], {"Reason": "Out."})
    await desk.modal(JONAS, "@amara was faster")
    assert (await affiliate_now(desk.db, jared.id)).status == "approved"


async def test_an_appeal_is_answered_from_the_thread(desk: Desk) -> None:
    """By a modal that shows what they wrote."""
    jared = await join(desk.db)
    await flagged(desk.db, jared)
    async with desk.db.transaction() as session:
        await fraud_decisions.appeal(session, jared.id, "It was my class.", JARED)
    ts = await post(desk, appeal=True)
    await desk.ws.click(AMARA, AFFILIATES, ts, "Answer")
    view = await desk.modal(AMARA, "It was my class.")
    assert (await desk.ws.submit(AMARA, view["id"], {"Your answer": "We look."})).ok
    await desk.whispered(AMARA, "is sent")
    assert (await mails_asked_for(desk.db))[-1][0] == "fraud_answered"


async def test_the_queue_and_find_tell_of_it(desk: Desk) -> None:
    """Until it is decided, the queue has the buttons."""
    jared = await join(desk.db)
    await flagged(desk.db, jared)
    await desk.ws.command(AMARA, "/affiliate", "queue")
    await desk.whispered(AMARA, "1 affiliate is paused for a fraud score")
    await desk.ws.command(JONAS, "/affiliate", "find jared")
    await desk.whispered(JONAS, "fraud score 75")
    (message,) = desk.ws.ephemerals(AFFILIATES, AMARA)
    await desk.ws.click(AMARA, AFFILIATES, message["ts"], "Ban")
    await desk.modal(AMARA, "fraud score 75")
