"""The card of an affiliate's milestones on their dashboard."""

import re

from domain import milestones
from tests.builders import RITA
from tests.dashboard.desk import Browser, Desk
from tests.milestone_builders import make_milestone
from tests.tier_builders import convert

MIA = "mia@example.com"
OVERVIEW, CARDS = "/affiliate/dashboard", "/affiliate/dashboard/live-cards"


async def words(browser: Browser) -> str:
    """What the card says, on one line; empty where it is not shown."""
    answer = await browser.client.get(CARDS)
    (html,) = [one["html"] for one in (await answer.json())["cards"] if one["name"] == "milestones"]
    page = await browser.get(OVERVIEW)
    assert html in page.html
    return " ".join(re.sub("<[^>]+>", " ", html).split())


async def test_the_way_to_the_next_bonus_and_those_reached(desk: Desk, browser: Browser) -> None:
    """Nothing without milestones; then the bar, the hold, and what refunds took back."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    assert await words(browser) == ""
    await make_milestone(desk.db, "First two", 2, description="Two who stay")
    five = await make_milestone(desk.db, "Five", 5, 15000)
    await convert(desk.db, 1, "MIA30")
    shown = await words(browser)
    assert "First two, $50.00 Two who stay 1 of 2 converted referrals, 1 to go" in shown
    assert "Reached" not in shown
    await convert(desk.db, 2, "MIA30")
    shown = await words(browser)
    assert "Five, $150.00 2 of 5 converted referrals, 3 to go" in shown
    assert "Reached First two: $50.00 2 converted referrals · on hold until" in shown
    await convert(desk.db, 2, "MIA30", refunded=2900)
    shown = await words(browser)
    assert "First two, $50.00 Two who stay 1 of 2" in shown
    assert "taken back by refunds; it comes again with the count" in shown
    await convert(desk.db, 3, "MIA30")
    async with desk.db.transaction() as session:
        await milestones.remove(session, five.id, RITA)
    assert "You have reached every milestone there is." in await words(browser)
