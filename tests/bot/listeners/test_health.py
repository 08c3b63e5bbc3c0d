"""`/affiliate health`: what is stuck, and a press that sets it going again."""

import clock
from sandbox.slack.people import AFFILIATES, JONAS, MARIA
from storage import audit, outbox, work
from storage.inbox import InboxEvent
from storage.outbox import Effect
from tests.bot.conftest import Desk


async def park_both(desk: Desk) -> tuple[Effect, InboxEvent]:
    """An effect and an event that have failed for good."""
    async with desk.db.transaction() as session:
        payload = {"template": "sign_in", "to": "mia@example.com"}
        effect = Effect(kind="mail", payload=payload, last_error="")
        event = InboxEvent(
            kind="FORM_RESPONSE",
            source="tally",
            external_id="1",
            payload=b"{}",
            received_at=clock.now(),
        )
        session.add_all([effect, event])
        await session.flush()
        await work.park(session, effect, error="<!channel> mailbox *gone*")
        await work.park(session, event, error="no fields")
    return effect, event


async def test_all_is_well(desk: Desk) -> None:
    """With nothing stuck it says so, and what is not connected."""
    await desk.ws.command(MARIA, "/affiliate", "health")

    assert "Not connected" in await desk.whispered(MARIA, "All is well: nothing is stuck.")


async def test_what_is_stuck_is_shown_and_replayed(desk_on_both: Desk) -> None:
    """Each failure comes with its reason; `Replay` wakes the worker and is written down."""
    desk = desk_on_both
    effect, event = await park_both(desk)
    woken: list[str] = []
    desk.db.listen(outbox.TOPIC, lambda: woken.append("outbox"))
    desk.db.listen("inbox", lambda: woken.append("inbox"))
    await desk.ws.command(MARIA, "/affiliate", "health")
    told = await desk.whispered(MARIA, "2 things have failed and wait for you.")
    assert "The mail “sign in” to mia@example.com" in told
    assert "<!channel> mailbox *gone*" in told
    assert "no fields" in told
    message = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]
    blocks = [block["block_id"] for block in message["blocks"] if block["type"] == "actions"]

    for block_id in blocks:
        assert (await desk.ws.click(MARIA, AFFILIATES, message["ts"], (block_id, "Replay"))).ok
        await desk.bot.drain()

    assert woken == ["outbox", "inbox"]
    async with desk.db.read() as session:
        assert not await work.parked(session, Effect)
        assert not await work.parked(session, InboxEvent)
        for subject in (f"effect:{effect.id}", f"event:{event.id}"):
            (line,) = await audit.of_subject(session, subject)
            assert line.actor == "U0MARIA (@maria)"


async def test_a_second_press_is_told_so(desk: Desk) -> None:
    """What runs already is not put back again."""
    await park_both(desk)
    for user in (MARIA, JONAS):
        await desk.ws.command(user, "/affiliate", "health")
        await desk.whispered(user, "2 things have failed")
    for user in (MARIA, JONAS):
        message = desk.ws.ephemerals(AFFILIATES, user)[0]
        await desk.ws.click(user, AFFILIATES, message["ts"], "Replay")
        await desk.bot.drain()

    await desk.whispered(JONAS, "put back to work already")


async def test_a_single_failure_is_told_in_the_singular(desk: Desk) -> None:
    """One thing waits, two things wait."""
    effect, _ = await park_both(desk)
    async with desk.db.transaction() as session:
        await work.replay(session, Effect, effect.id)
    await desk.ws.command(MARIA, "/affiliate", "health")
    await desk.whispered(MARIA, "1 thing has failed and waits for you.")
