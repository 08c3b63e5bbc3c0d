"""A code that may have leaked, decided in Slack."""

from bot.cards.leaks import leak_card
from domain import leaks
from sandbox.slack.people import AFFILIATES, JONAS, MARIA
from storage import audit
from storage.leaks import Leak
from tests.bot.conftest import Desk
from tests.code_builders import code_now
from tests.leak_builders import alert, flagged


async def post(desk: Desk, leak: Leak) -> str:
    """Post the card as the outbox would; returns its time stamp."""
    async with desk.db.read() as session:
        text, blocks = leak_card(await leaks.view(session, leak.id))
    posted = await desk.context.slack.chat_postMessage(channel=AFFILIATES, text=text, blocks=blocks)
    return str(posted["ts"])


async def test_one_press_pauses_the_code(desk_on_both: Desk) -> None:
    """Whoever pressed is told what that means, and stands in the log."""
    desk = desk_on_both
    code, leak = await alert(desk.db)
    ts = await post(desk, leak)

    await desk.ws.click(MARIA, AFFILIATES, ts, "Pause code")

    await desk.whispered(MARIA, "LAUNCH20 is paused: nobody can redeem it.")
    assert (await code_now(desk.db, code)).status == "paused"
    async with desk.db.read() as session:
        lines = await audit.of_subject(session, f"code:{code.id}")
    assert {line.actor for line in lines} == {"U0MARIA (@maria)"}
    assert [line.action for line in lines] == ["code.paused", "leak.paused"]


async def test_what_is_fine_goes_on(desk: Desk) -> None:
    """And who is second is told who was first."""
    code, leak = await alert(desk.db)
    ts = await post(desk, leak)

    await desk.ws.click(MARIA, AFFILIATES, ts, "It is fine")
    await desk.whispered(MARIA, "Noted: LAUNCH20 goes on.")
    await desk.ws.click(JONAS, AFFILIATES, ts, "Pause code")
    await desk.whispered(JONAS, "@maria was faster")

    assert (await code_now(desk.db, code)).status == "active"
    (leak,) = await flagged(desk.db, code)
    assert (leak.decision, leak.decided_by) == ("fine", "@maria")
