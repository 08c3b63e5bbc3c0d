"""The App Home."""

from datetime import timedelta
from typing import Any

import clock
from domain import effects
from sandbox.slack.people import AFFILIATES, MARIA, SAM
from storage import work
from storage.outbox import Effect
from tests.bot.conftest import Desk
from tests.contest_builders import make_contest
from tests.milestone_builders import make_milestone


async def home(desk: Desk, user: str, part: str) -> dict[str, Any]:
    """Wait for this user's App Home to hold `part`."""

    def found() -> dict[str, Any] | None:
        view = desk.ws.home(user)
        return view if view and part in desk.ws.text_of(view) else None

    return await desk.ws.until(found)


async def test_it_shows_what_waits_and_how_things_are(desk: Desk) -> None:
    """The queue with its counts, what is stuck, and what is not connected."""
    await desk.apply()

    assert (await desk.ws.open_home(MARIA)).ok

    text = desk.ws.text_of(await home(desk, MARIA, "1 application waits for a decision."))
    for part in ("JaredPicks", "Review", "1 pending", "All is well", "Clerk (CLERK_SECRET_KEY)"):
        assert part in text
    assert "Stripe (STRIPE_API_KEY)" not in text


async def test_milestones_and_contests_are_a_press_away(desk: Desk) -> None:
    """How many there are, and their lists, in which one is made at once."""
    await make_milestone(desk.db)
    await make_contest(desk.db, start_date=None, end_date=clock.now() + timedelta(days=30))
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "Milestones: 1. Contests: 1 running.")

    await desk.ws.click_in(MARIA, view["id"], "Milestones")
    shown = await desk.modal(MARIA, "awarded to 0 affiliates")
    await desk.ws.click_in(MARIA, shown["id"], "Add milestone")
    form = await desk.modal(MARIA, "Converted referrals")
    fields: dict[Any, Any] = {"Name": "Ten", "Converted referrals": "10", "Bonus": "50"}
    assert (await desk.ws.submit(MARIA, form["id"], fields)).ok
    view = await home(desk, MARIA, "Milestones: 2. Contests: 1 running.")

    await desk.ws.click_in(MARIA, view["id"], "Contests")
    await desk.modal(MARIA, "Winter race")


async def test_a_decision_from_there_refreshes_it(desk: Desk) -> None:
    """Review, approve, and the application is gone from the queue."""
    application = await desk.apply()
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "JaredPicks")

    await desk.ws.click_in(MARIA, view["id"], "Review")
    review = await desk.modal(MARIA, "Review checklist")
    await desk.ws.click_in(MARIA, review["id"], "Approve")
    form = await desk.modal(MARIA, "Approving lets")
    assert (await desk.ws.submit(MARIA, form["id"])).ok

    await home(desk, MARIA, "No application waits for a decision.")
    assert (await desk.stored(application.id)).decided_by == "@maria"


async def test_what_is_stuck_is_replayed_from_there(desk: Desk) -> None:
    """`Replay` puts it back to work, and the App Home shows that."""
    async with desk.db.transaction() as session:
        await effects.tell_operators(session, "hello")
        (effect,) = await work.claim(session, Effect, 9)
        await work.park(session, effect, error="channel_not_found")
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "channel_not_found")

    await desk.ws.click_in(MARIA, view["id"], "Replay")

    await home(desk, MARIA, "All is well")


async def test_a_stranger_sees_nothing_of_it(desk: Desk) -> None:
    """Who is no reviewer reads that, and no name."""
    await desk.apply()

    assert (await desk.ws.open_home(SAM)).ok

    text = desk.ws.text_of(await home(desk, SAM, "Only reviewers"))
    assert "JaredPicks" not in text


async def test_the_same_event_again_shows_the_same(desk: Desk) -> None:
    """Slack repeats an event whose answer got lost; nothing is done twice."""
    await desk.apply()
    await desk.ws.open_home(MARIA)
    before = desk.ws.text_of(await home(desk, MARIA, "JaredPicks"))
    event = next(body for kind, body in desk.ws.delivery.sent if kind == "app_home_opened")

    assert (await desk.ws.delivery.event(event)).ok
    await desk.bot.drain()

    assert desk.ws.text_of(await home(desk, MARIA, "JaredPicks")) == before
    assert not desk.ws.messages(AFFILIATES)


async def test_another_tab_publishes_nothing(desk: Desk) -> None:
    """Opening the messages tab is no reason to build the home."""
    assert (await desk.ws.open_home(MARIA, tab="messages")).ok
    await desk.bot.drain()

    assert desk.ws.home(MARIA) is None
