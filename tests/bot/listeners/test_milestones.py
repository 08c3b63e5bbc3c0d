"""Milestones managed in Slack: the card, the forms, and what saving one costs."""

from typing import Any

import pytest

from domain import milestones
from domain.milestones import Mark, Wish
from sandbox.slack.people import AFFILIATES, MARIA
from storage import audit
from tests.bot.conftest import Desk
from tests.builders import RITA, join
from tests.milestone_builders import awards_now, make_milestone
from tests.tier_builders import convert

TEN: dict[Any, Any] = {
    "Name": "First ten",
    "Converted referrals": "10",
    "Bonus": "50",
    "Description": "Your first ten customers",
}


async def card(desk: Desk, part: str = "Milestones") -> str:
    """Type `/affiliate milestones`; the time stamp of the answer that holds `part`."""
    assert (await desk.ws.command(MARIA, "/affiliate", "milestones")).ok
    await desk.whispered(MARIA, part)
    return str(desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["ts"])


async def opened(desk: Desk, what: str, part: str, ts: str = "") -> dict[str, Any]:
    """Press a button on the card and return the form that opens."""
    assert (await desk.ws.click(MARIA, AFFILIATES, ts or await card(desk), what)).ok
    return await desk.modal(MARIA, part)


async def all_marks(desk: Desk) -> list[Mark]:
    """The milestones as they are."""
    async with desk.db.read() as session:
        return await milestones.marks(session)


async def test_the_first_milestone_is_made(desk_on_both: Desk) -> None:
    """By whoever, and the card says what it is."""
    desk = desk_on_both
    ts = await card(desk, "There are no milestones yet")
    view = await opened(desk, "Add milestone", "Add milestone", ts)

    assert (await desk.ws.submit(MARIA, view["id"], TEN)).ok

    told = await desk.whispered(MARIA, "First ten is added.")
    assert "$50.00 at 10 converted referrals · awarded to 0 affiliates" in told
    (mark,) = await all_marks(desk)
    made = mark.milestone
    assert (made.bonus_amount_cents, made.is_active, made.sort_order) == (5000, True, 0)
    async with desk.db.read() as session:
        (line,) = await audit.of_subject(session, f"milestone:{made.id}")
    assert (line.action, line.actor) == ("milestone.created", "U0MARIA (@maria)")


async def test_what_it_costs_at_once_is_asked_first(desk: Desk) -> None:
    """Nothing is kept before the answer, and everything that was typed after it."""
    affiliate = await join(desk.db)
    await convert(desk.db, 1)
    view = await opened(desk, "Add milestone", "Add milestone")

    assert (await desk.ws.submit(MARIA, view["id"], TEN | {"Converted referrals": "1"})).ok

    asked = await desk.modal(MARIA, "1 affiliate has reached that already")
    assert await all_marks(desk) == []
    assert (await desk.ws.submit(MARIA, asked["id"], {})).ok
    told = await desk.whispered(MARIA, "First ten is added.")
    assert "1 affiliate more gets it within five minutes" in told
    (mark,) = await all_marks(desk)
    assert (mark.milestone.description, mark.due) == ("Your first ten customers", 1)
    assert await awards_now(desk.db, affiliate.id) == []


@pytest.mark.parametrize(
    ("typed", "block", "part"),
    [
        ({"Name": "first TEN"}, "name", "There is a milestone first TEN already"),
        ({"Converted referrals": "10"}, "referral_threshold", "First ten is at 10 already"),
        ({"Bonus": "0"}, "bonus_amount_cents", "A bonus is more than nothing"),
        ({"Bonus": "fifty"}, "bonus_amount_cents", "Use a plain number"),
    ],
)
async def test_a_mistake_is_shown_beside_its_field(
    desk: Desk, typed: dict[str, str], block: str, part: str
) -> None:
    """Nothing is kept."""
    await make_milestone(desk.db, "First ten", 10)
    view = await opened(desk, "Add milestone", "Add milestone")
    good = {"Name": "Twenty", "Converted referrals": "20", "Bonus": "90"}
    sent = await desk.ws.submit(MARIA, view["id"], good | typed)
    assert part in sent.errors[block]
    assert len(await all_marks(desk)) == 1


async def test_it_is_edited_and_of_two_edits_the_second_is_told(desk: Desk) -> None:
    """The form shows what it is."""
    made = await make_milestone(desk.db, "First ten", 10, description="Go on")
    first = await opened(desk, "Edit", "Edit milestone")
    for part in ("First ten", "'10'", "50.00", "Go on"):
        assert part in str(first)
    assert (await desk.ws.submit(MARIA, first["id"], {"Bonus": "75.50"})).ok
    await desk.whispered(MARIA, "First ten is saved.")
    assert (await all_marks(desk))[0].milestone.bonus_amount_cents == 7550

    second = await opened(desk, "Edit", "Edit milestone")
    async with desk.db.transaction() as session:
        await milestones.edit(session, made.id, Wish("Ten", 10, 5000), RITA)
    await desk.ws.submit(MARIA, second["id"], {"Bonus": "1"})
    await desk.modal(MARIA, "Ten was changed by somebody else meanwhile")
    assert (await all_marks(desk))[0].milestone.bonus_amount_cents == 5000


async def test_it_is_paused_resumed_and_deleted(desk: Desk) -> None:
    """Each told with the list as it is then; a deleted one that was awarded stays with them."""
    affiliate = await join(desk.db)
    await make_milestone(desk.db, "One", 1)
    await convert(desk.db, 1)
    ts = await card(desk)
    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Pause")).ok
    await desk.whispered(MARIA, "One is paused")
    assert not (await all_marks(desk))[0].milestone.is_active
    ts = await card(desk, "paused: nobody gets it")
    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Resume")).ok
    await desk.whispered(MARIA, "One counts again.")
    view = await opened(desk, "Delete", "Delete milestone?")
    assert "1 affiliate has it and keeps it" in str(view)
    assert (await desk.ws.submit(MARIA, view["id"], {})).ok
    await desk.whispered(MARIA, "One is deleted.")
    assert await all_marks(desk) == []
    assert len(await awards_now(desk.db, affiliate.id)) == 1


async def test_resuming_asks_what_it_costs_at_once(desk: Desk) -> None:
    """Who reached it meanwhile would get it within minutes; nothing counts before the answer."""
    await join(desk.db)
    await make_milestone(desk.db, "One", 1, is_active=False)
    await convert(desk.db, 1)
    asked = await opened(desk, "Resume", "1 affiliate has reached that already")
    assert not (await all_marks(desk))[0].milestone.is_active
    assert (await desk.ws.submit(MARIA, asked["id"], {})).ok
    await desk.whispered(MARIA, "One is saved.")
    (mark,) = await all_marks(desk)
    assert (mark.milestone.is_active, mark.due) == (True, 1)
