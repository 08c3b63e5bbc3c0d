"""The card of an affiliate's tier on their dashboard."""

import re
from pathlib import Path

from domain import tier_moves
from domain.perks import ICONS, Perk
from tests.dashboard.desk import OPERATOR, Browser, Desk
from tests.tier_builders import BETA, CHAT, convert, make_tier

MIA = "mia@example.com"
HERE = "/affiliate/dashboard"
TEMPLATES = Path(__file__).parents[3] / "dashboard" / "templates"


async def words(desk: Desk, browser: Browser) -> str:
    """What the dashboard says, each element's words set apart, on one line."""
    page = await (await desk.signed_in(browser, MIA)).get(HERE)
    assert page.status == 200
    return " ".join(re.sub("<[^>]+>", " ", page.html).split())


async def test_without_tiers_nothing_is_shown(desk: Desk, browser: Browser) -> None:
    """No empty card, no word of tiers."""
    await desk.approve()
    assert "tier" not in await words(desk, browser)


async def test_the_way_to_the_first_tier_is_shown(desk: Desk, browser: Browser) -> None:
    """What they have now, how far it is, and what would be theirs then."""
    await desk.approve()
    await make_tier(desk.db, "Gold", 3, 2500, minimum=1000, perks=(BETA,))
    await convert(desk.db, 1, "MIA30")
    shown = await words(desk, browser)
    for part in (
        "You are in no tier yet.",
        "You earn 20%",
        "Payouts start at $25.00",
        "Next: Gold 1 of 3 converted referrals, 2 to go",
        "You would earn 25% Payouts would start at $10.00",
        "Perks you would unlock Beta access Try new features first",
    ):
        assert part in shown


async def test_a_tier_with_its_perks_and_the_next_ones(desk: Desk, browser: Browser) -> None:
    """Links of perks lead on from where they are theirs, and are not given away before."""
    await desk.approve()
    await make_tier(desk.db, "Silver", 1, 2200, perks=(CHAT,))
    secret = "https://beta.example.com/invite"
    later = Perk("rocket", "Early access", "", secret)
    await make_tier(desk.db, "Gold", 2, 2200, perks=(later,))
    await convert(desk.db, 1, "MIA30")
    shown = await words(desk, browser)
    assert "Your tier: Silver You earn 22% Payouts start at $25.00" in shown
    assert "Your perks Private chat Talk to us" in shown
    assert "Perks you would unlock Early access" in shown
    assert "You would earn" not in shown
    page = await browser.get(HERE)
    links = [str(given.get("href")) for tag, given in page.tags if tag == "a"]
    assert CHAT.link in links
    assert secret not in page.html


async def test_at_the_top_and_by_hand_nothing_is_ahead(desk: Desk, browser: Browser) -> None:
    """No bar that leads nowhere."""
    affiliate = await desk.approve()
    silver = await make_tier(desk.db, "Silver", 1)
    await make_tier(desk.db, "Gold", 2)
    async with desk.db.transaction() as session:
        await tier_moves.give(session, affiliate.id, silver.id, OPERATOR)
    shown = await words(desk, browser)
    assert "Your tier: Silver" in shown
    assert "Next:" not in shown
    async with desk.db.transaction() as session:
        await tier_moves.give(session, affiliate.id, None, OPERATOR)
    assert "tier" not in await words(desk, browser)


def test_every_icon_that_can_be_chosen_can_be_drawn() -> None:
    """A perk with an icon that the pages lack would break the dashboard."""
    drawn = set(re.findall(r'"([\w-]+)": \'<', (TEMPLATES / "icons.html").read_text()))
    assert set(ICONS) <= drawn
