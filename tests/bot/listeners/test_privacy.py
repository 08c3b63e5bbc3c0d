"""Requests for erasure, decided in Slack."""

from bot.cards.privacy import erasure_card
from domain import erasure
from sandbox.slack.people import AFFILIATES, JONAS, MARIA
from storage.affiliates import Affiliate
from storage.erasures import Erasure
from tests.bot.conftest import Desk
from tests.builders import RITA, affiliate_now, join, mails_asked_for


async def post(desk: Desk) -> tuple[Affiliate, Erasure, str]:
    """Somebody asks, and the card is posted as the outbox would; with its time stamp."""
    affiliate = await join(desk.db)
    async with desk.db.transaction() as session:
        asked = await erasure.ask(session, affiliate.id, RITA)
    async with desk.db.read() as session:
        text, blocks = erasure_card(await erasure.view(session, asked.id))
    posted = await desk.context.slack.chat_postMessage(channel=AFFILIATES, text=text, blocks=blocks)
    return affiliate, asked, str(posted["ts"])


async def test_one_press_erases(desk_on_both: Desk) -> None:
    """Who is second is told so."""
    desk = desk_on_both
    affiliate, _, ts = await post(desk)
    await desk.ws.click(MARIA, AFFILIATES, ts, "Erase")
    await desk.whispered(MARIA, "Erased: JARED30.")
    assert (await affiliate_now(desk.db, affiliate.id)).name == "Former affiliate"
    await desk.ws.click(JONAS, AFFILIATES, ts, "Erase")
    await desk.whispered(JONAS, "decided already")


async def test_keeping_needs_a_reason_that_is_mailed(desk: Desk) -> None:
    """As typed in the modal."""
    affiliate, _, ts = await post(desk)
    await desk.ws.click(MARIA, AFFILIATES, ts, "Keep")
    view = await desk.modal(MARIA, affiliate.email)
    await desk.ws.submit(MARIA, view["id"], {"Reason": "A dispute is not settled."})
    await desk.whispered(MARIA, "Kept: JARED30.")
    assert ("erasure_refused", affiliate.email) in await mails_asked_for(desk.db)
    assert (await affiliate_now(desk.db, affiliate.id)).email == affiliate.email
