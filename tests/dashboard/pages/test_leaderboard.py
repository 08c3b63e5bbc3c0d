"""The leaderboard on the overview, and its page."""

import re

import clock
from domain import program
from tests.builders import RITA
from tests.dashboard.desk import Browser, Desk
from tests.leaderboard_builders import join_many, sell

MIA = "mia@example.com"
HERE = "/affiliate/dashboard/leaderboard"
CARDS = "/affiliate/dashboard/live-cards"


def plain(html: str) -> str:
    """The words of some HTML on one line."""
    return " ".join(re.sub("<[^>]+>", " ", html).split())


async def card(browser: Browser) -> str:
    """What the card says; empty where it is not shown."""
    answer = await browser.client.get(CARDS)
    found = {one["name"]: one["html"] for one in (await answer.json())["cards"]}
    return plain(found["leaderboard"])


async def test_the_card_follows_the_sales_of_this_month(desk: Desk, browser: Browser) -> None:
    """Others by their initials, the reader marked, by each metric; gone where it is off."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    assert "Your position: not ranked yet Nobody is on this list yet." in await card(browser)
    await join_many(desk.db, "Ann Arbor")
    await sell(desk.db, "AFF0", 2, paid_at=clock.now())
    await sell(desk.db, "MIA30", 1, paid_at=clock.now())
    shown = await card(browser)
    assert "Your position: #2 of 2" in shown
    assert re.search(r"Number 1 A\.A\. 2 Number 2 \S+ You 1", shown)
    assert re.search(r"Number 1 A\.A\. \$11\.14 Number 2 \S+ You \$5\.57", shown)
    assert "Ranked from 50 clicks by people on. You need 50 more." in shown
    async with desk.db.transaction() as session:
        await program.update(session, {"leaderboard_enabled": False}, RITA)
    assert await card(browser) == ""
    assert (await browser.get(HERE)).status == 404


async def test_the_page_has_every_period_and_metric(desk: Desk, browser: Browser) -> None:
    """By links that need no script; whatever is asked for instead is this month, by referrals."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    await sell(desk.db, "MIA30", 1, paid_at=clock.now())
    page = await browser.get(HERE)
    for period in ("month", "last_month", "all"):
        assert f'href="{HERE}?period={period}&amp;metric=referrals"' in page.html
    for metric in ("referrals", "earnings", "conversion_rate"):
        assert f'href="{HERE}?period=month&amp;metric={metric}"' in page.html
    ever = plain((await browser.get(f"{HERE}?period=all&metric=earnings")).html)
    assert "Earnings, all time Your position: #1 of 1" in ever
    last = plain((await browser.get(f"{HERE}?period=last_month&metric=referrals")).html)
    assert "Nobody is on this list yet" in last
    other = plain((await browser.get(f"{HERE}?period=%00&metric=x")).html)
    assert "Referrals, this month Your position: #1 of 1" in other
