"""The App Home."""

from datetime import timedelta
from typing import Any

import pytest

import clock
from domain import effects
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, MARIA, SAM
from storage import work
from storage.outbox import Effect
from tests.bot.conftest import Desk
from tests.builders import join
from tests.contest_builders import make_contest
from tests.milestone_builders import make_milestone
from tests.payout_builders import ask, rich


async def home(desk: Desk, user: str, part: str) -> dict[str, Any]:
    """Wait for this user's App Home to hold `part`."""

    def found() -> dict[str, Any] | None:
        view = desk.ws.home(user)
        return view if view and part in desk.ws.text_of(view) else None

    return await desk.ws.until(found)


async def program_tab(desk: Desk) -> dict[str, Any]:
    """Maria's App Home with the tab of the program open."""
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "Program")
    await desk.ws.click_in(MARIA, view["id"], "home.program")
    return await home(desk, MARIA, "Onboarding")


async def test_it_shows_what_waits_and_how_things_are(desk: Desk) -> None:
    """The queue with its counts, what is stuck, and what is not connected."""
    await desk.apply()

    assert (await desk.ws.open_home(MARIA)).ok

    view = await home(desk, MARIA, "1 application waits for a decision.")
    text = desk.ws.text_of(view)
    for part in ("JaredPicks", "Review", "Queue · 1"):
        assert part in text

    await desk.ws.click_in(MARIA, view["id"], "home.health")
    text = desk.ws.text_of(await home(desk, MARIA, "All is well"))
    assert "Clerk (CLERK_SECRET_KEY)" in text
    assert "Stripe (STRIPE_API_KEY)" not in text
    assert "JaredPicks" not in text


async def test_it_says_so_when_nothing_waits(desk: Desk) -> None:
    """An empty queue is good news, and each tab has something to say to a new program."""
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "Nothing waits for you")
    for tab, part in {
        "affiliates": "Nobody has joined yet",
        "codes": "There is no code yet",
        "program": "bonuses for numbers of converted referrals",
        "money": "No payout waits for anybody",
        "queue": "Nothing waits for you",
    }.items():
        await desk.ws.click_in(MARIA, view["id"], f"home.{tab}")
        await home(desk, MARIA, part)


async def test_it_opens_at_the_tab_where_it_was_left(desk: Desk) -> None:
    """Slack tells what was shown last with the event."""
    await program_tab(desk)

    await desk.ws.open_home(MARIA)
    await desk.bot.drain()

    await home(desk, MARIA, "Onboarding")


async def test_affiliates_are_found_in_it(desk: Desk) -> None:
    """Who joined last, a search with its buttons, and the way back."""
    jared = await join(desk.db)
    await join(desk.db, "MARA", email="mara@example.com")
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "Nothing waits for you")
    await desk.ws.click_in(MARIA, view["id"], "home.affiliates")
    view = await home(desk, MARIA, "Who joined last")
    assert jared.promo_code in desk.ws.text_of(view)
    assert "MARA" in desk.ws.text_of(view)

    await desk.ws.click_in(MARIA, view["id"], "affiliate.search", "MARA")
    text = desk.ws.text_of(await home(desk, MARIA, "Found for “MARA”"))
    assert jared.promo_code not in text
    await desk.ws.click_in(MARIA, view["id"], "Back to the newest")
    await home(desk, MARIA, "Who joined last")

    await desk.ws.click_in(MARIA, view["id"], "affiliate.search", "in_unknown")
    await home(desk, MARIA, "in_unknown")


async def test_a_payout_is_a_press_away_and_approved_there(finance_desk: Desk) -> None:
    """From the queue to the tab of money; what became of it is said on top."""
    desk = finance_desk
    payout = await ask(desk.db, await rich(desk.db))
    await desk.ws.open_home(AMARA)
    view = await home(desk, AMARA, "1 payout")
    await desk.ws.click_in(AMARA, view["id"], "Open")
    await home(desk, AMARA, payout.number)

    await desk.ws.click_in(AMARA, view["id"], "Approve payout")

    text = desk.ws.text_of(await home(desk, AMARA, "Press Mark paid once it is paid."))
    assert "Mark paid" in text


async def test_payouts_are_finances(finance_desk: Desk) -> None:
    """Others read that some wait, and see neither amounts nor buttons."""
    payout = await ask(finance_desk.db, await rich(finance_desk.db))
    await finance_desk.ws.open_home(JONAS)
    view = await home(finance_desk, JONAS, "1 payout")

    await finance_desk.ws.click_in(JONAS, view["id"], "home.money")

    text = finance_desk.ws.text_of(await home(finance_desk, JONAS, "1 payout waits for finance."))
    assert payout.number not in text
    assert "Approve payout" not in text
    await finance_desk.ws.click_in(JONAS, view["id"], "Tax forms")
    await finance_desk.modal(JONAS, "Only finance")


OPENED: dict[str, str] = {
    "tiers.open": "Add tier",
    "onboarding.open": "Onboarding",
    "resources.open": "resource",
    "webhooks.open": "webhook",
    "tokens.open": "token",
    "settings.open": "Two tiers are",
    "milestone.list": "ilestone",
    "contest.list": "ontest",
    "network.list": "etwork",
}


@pytest.mark.parametrize("action", OPENED)
async def test_each_part_of_the_program_opens_above_it(desk: Desk, action: str) -> None:
    """Without typing: what the subcommand answers."""
    view = await program_tab(desk)

    assert (await desk.ws.click_in(MARIA, view["id"], action)).ok

    await desk.modal(MARIA, OPENED[action])


async def test_milestones_and_contests_are_a_press_away(desk: Desk) -> None:
    """How many there are, and their lists, in which one is made at once."""
    await make_milestone(desk.db)
    await make_contest(desk.db, start_date=None, end_date=clock.now() + timedelta(days=30))
    view = await program_tab(desk)
    await home(desk, MARIA, "1 running.")

    await desk.ws.click_in(MARIA, view["id"], "milestone.list")
    shown = await desk.modal(MARIA, "awarded to 0 affiliates")
    await desk.ws.click_in(MARIA, shown["id"], "Add milestone")
    form = await desk.modal(MARIA, "Converted referrals")
    fields: dict[Any, Any] = {"Name": "Ten", "Converted referrals": "10", "Bonus": "50"}
    assert (await desk.ws.submit(MARIA, form["id"], fields)).ok
    view = await home(desk, MARIA, "2 active: bonuses")

    await desk.ws.click_in(MARIA, view["id"], "contest.list")
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

    text = desk.ws.text_of(await home(desk, MARIA, "Nothing waits for you"))
    assert "JaredPicks" in text, "what became of it is not said"
    assert (await desk.stored(application.id)).decided_by == "@maria"


async def test_what_is_stuck_is_replayed_from_there(desk: Desk) -> None:
    """`Replay` puts it back to work, and the App Home shows that."""
    async with desk.db.transaction() as session:
        await effects.tell_operators(session, "hello")
        (effect,) = await work.claim(session, Effect, 9)
        await work.park(session, effect, error="channel_not_found")
    await desk.ws.open_home(MARIA)
    view = await home(desk, MARIA, "Health · 1")
    await desk.ws.click_in(MARIA, view["id"], "home.health")
    await home(desk, MARIA, "channel_not_found")

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
