"""Partner pages taken down and put back in Slack."""

from bot.cards.landing import landing_card
from domain import landing
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, SAM
from storage import audit
from storage import landing as rows
from storage.landing import LandingPage
from tests.bot.conftest import Desk
from tests.builders import join, mails_asked_for
from tests.landing_builders import save


async def post(desk: Desk, page: LandingPage) -> str:
    """Post the card of a page as the outbox would; returns its time stamp."""
    async with desk.db.read() as session:
        text, blocks = landing_card(
            await landing.view(session, page.id), desk.context.settings.public_url
        )
    posted = await desk.context.slack.chat_postMessage(channel=AFFILIATES, text=text, blocks=blocks)
    return str(posted["ts"])


async def now(desk: Desk, page: LandingPage) -> LandingPage:
    """The page as stored."""
    async with desk.db.read() as session:
        found = await rows.get(session, page.id)
    assert found is not None
    return found


async def test_a_page_is_taken_down_with_a_reason_and_put_back(desk_on_both: Desk) -> None:
    """A usual reason can be picked; the affiliate is mailed both times; the log names who."""
    desk = desk_on_both
    page = await save(desk.db, await join(desk.db))
    ts = await post(desk, page)

    await desk.ws.click(AMARA, AFFILIATES, ts, "Take down")
    view = await desk.modal(AMARA, "jared@example.com")
    empty = await desk.ws.submit(AMARA, view["id"], {"Reason": " "})
    await desk.ws.click_in(AMARA, view["id"], "landing_take_down.reason", "1")
    await desk.ws.until(lambda: "initial_value" in str(desk.ws.top_view(AMARA)) or None)
    assert (await desk.ws.submit(AMARA, view["id"])).ok

    assert empty.errors
    await desk.whispered(AMARA, "Taken down: nobody sees the page of Jared Bets")
    down = await now(desk, page)
    assert (down.taken_down_by, "photo is not yours" in down.taken_down_reason) == ("@amara", True)

    ts = await post(desk, page)
    await desk.ws.click(AMARA, AFFILIATES, ts, "Put back")
    await desk.whispered(AMARA, "the page of Jared Bets is to be seen again")
    assert (await now(desk, page)).taken_down_at is None
    mails = [mail for mail, _ in await mails_asked_for(desk.db)]
    assert mails[-2:] == ["landing_taken_down", "landing_put_back"]
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"landing:{page.id}")
    assert [line.actor for line in lines[-2:]] == ["U0AMARA (@amara)"] * 2


async def test_whoever_comes_second_is_told(desk: Desk) -> None:
    """Both had the card in front of them."""
    page = await save(desk.db, await join(desk.db))
    ts = await post(desk, page)
    for user in (AMARA, JONAS):
        await desk.ws.click(user, AFFILIATES, ts, "Take down")
    first, second = await desk.modal(AMARA, "Jared"), await desk.modal(JONAS, "Jared")
    assert (await desk.ws.submit(AMARA, first["id"], {"Reason": "Not yours."})).ok
    await desk.ws.submit(JONAS, second["id"], {"Reason": "Not yours."})
    await desk.modal(JONAS, "taken down already, by @amara")


async def test_a_stranger_takes_nothing_down(desk: Desk) -> None:
    """Only reviewers decide."""
    page = await save(desk.db, await join(desk.db))
    ts = await post(desk, page)
    await desk.ws.click(SAM, AFFILIATES, ts, "Take down")
    await desk.whispered(SAM, "Only reviewers")
    assert (await now(desk, page)).taken_down_at is None


async def test_a_published_page_is_found_with_its_affiliate(desk: Desk) -> None:
    """`/affiliate find` links to it, while the public can see it."""
    jared = await join(desk.db)
    await save(desk.db, jared, active=False)
    await desk.ws.command(AMARA, "/affiliate", "find jared")
    assert "Partner page" not in await desk.whispered(AMARA, "jared@example.com")
    await save(desk.db, jared)
    await desk.ws.command(AMARA, "/affiliate", "find jared")
    assert "/partner/jared-bets" in await desk.whispered(AMARA, "Partner page")
