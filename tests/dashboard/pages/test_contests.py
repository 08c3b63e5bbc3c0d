"""The banner of contests: what stands there before, while and after one runs."""

import re
from datetime import timedelta

import clock
from domain import contest_winners, contests, program
from storage.contests import Contest
from tests.builders import RITA, join
from tests.contest_builders import HOUR, buy, confirm, make_contest, move
from tests.dashboard.desk import Browser, Desk

MIA = "mia@example.com"
CARDS = "/affiliate/dashboard/live-cards"


async def banner(browser: Browser) -> str:
    """What the banner says, on one line; empty where it is not shown."""
    answer = await browser.client.get(CARDS)
    found = {one["name"]: one["html"] for one in (await answer.json())["cards"]}
    return " ".join(re.sub("<[^>]+>", " ", found["contest"]).split())


async def running(desk: Desk) -> Contest:
    """A contest that began two hours ago and ends tomorrow."""
    now = clock.now()
    with clock.travel(now - 2 * HOUR):
        contest = await make_contest(
            desk.db, start_date=None, end_date=now + 24 * HOUR, description="Go for it!"
        )
        await move(desk.db)
    return contest


async def over(desk: Desk, contest: Contest) -> None:
    """It ends at this moment."""
    async with desk.db.transaction() as session:
        row = await contests.held(session, contest.id)
        row.end_date = clock.now()
        session.add(row)


async def test_a_contest_shows_from_two_weeks_ahead_on(desk: Desk, browser: Browser) -> None:
    """With the prize and its start; nobody has to sign up. Earlier, and called off, nothing."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    assert await banner(browser) == ""
    now = clock.now()
    far, near = now + timedelta(days=15), now + timedelta(days=13)
    contest = await make_contest(desk.db, start_date=far, end_date=far + HOUR)
    assert await banner(browser) == ""
    soon = await make_contest(desk.db, name="Soon", start_date=near, end_date=near + HOUR)
    shown = await banner(browser)
    assert "The next contest Soon Prize: $500 and a badge ($500.00)" in shown
    assert "You need not sign up." in shown
    assert "Standings" not in shown
    async with desk.db.transaction() as session:
        await contests.cancel(session, soon.id, "Rain.", RITA)
    assert await banner(browser) == ""
    assert contest.name


async def test_it_follows_the_sales_with_the_own_place(desk: Desk, browser: Browser) -> None:
    """Others by initials only, the reader marked; ended and decided it says so."""
    mia = await desk.approve()
    await desk.signed_in(browser, MIA)
    contest = await running(desk)
    shown = await banner(browser)
    assert "Contest, on now Winter race Prize: $500 and a badge ($500.00) Go for it!" in shown
    assert "Your place: none yet" in shown
    await join(desk.db, "ANN30", email="ann@example.com", display_name="Ann Arbor")
    for n, code in enumerate(("ANN30", "ANN30", "MIA30")):
        await buy(desk.db, code, n, contest.start_date + timedelta(minutes=n))
    shown = await banner(browser)
    assert "Your place: #2 of 2, with 1 referral" in shown
    assert re.search(r"Number 1 A\.A\. 2 referrals Number 2 \S+ You 1 referral", shown)
    assert "Arbor" not in shown
    assert "ann@example.com" not in shown
    assert "You are number 2 in the contest" in str(await (await browser.client.get(CARDS)).text())
    await over(desk, contest)
    assert "Contest, just over" in await banner(browser)
    await move(desk.db)
    shown = await banner(browser)
    assert "The final standings are being looked at" in shown
    async with desk.db.read() as session:
        leader = (await contest_winners.view(session, contest.id)).standings.leader
    assert leader is not None
    await confirm(desk.db, contest, leader.affiliate.id)
    shown = await banner(browser)
    assert "The winner is A.A." in shown
    assert "Final standings Your place: #2 of 2" in shown
    with clock.travel(clock.now() + timedelta(days=6)):
        assert "The winner is A.A." in await banner(browser)
    assert mia is not None


async def test_who_wins_and_who_is_out_are_told_so(desk: Desk, browser: Browser) -> None:
    """Each on their own dashboard, and no reason."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    contest = await running(desk)
    await buy(desk.db, "MIA30", 1, contest.start_date)
    async with desk.db.read() as session:
        leader = (await contest_winners.view(session, contest.id)).standings.leader
    assert leader is not None
    async with desk.db.transaction() as session:
        who = leader.affiliate.id
        await contest_winners.disqualify(session, contest.id, who, "Own sales.", RITA)
    shown = await banner(browser)
    assert "An operator has taken you out of this contest." in shown
    assert "Own sales" not in shown
    async with desk.db.transaction() as session:
        await contest_winners.readmit(session, contest.id, who, RITA)
    await over(desk, contest)
    await move(desk.db)
    await confirm(desk.db, contest, who)
    assert "You have won. Congratulations!" in await banner(browser)


async def test_names_show_where_the_leaderboard_shows_them(desk: Desk, browser: Browser) -> None:
    """By the program's setting and the affiliate's own."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    contest = await running(desk)
    ann = await join(desk.db, "ANN30", email="ann@example.com", display_name="Ann Arbor")
    await buy(desk.db, "ANN30", 1, contest.start_date)
    async with desk.db.transaction() as session:
        await program.update(session, {"leaderboard_privacy": "opt_in"}, RITA)
        ann.shows_name = True
        session.add(ann)
    assert "Number 1 Ann Arbor 1 referral" in await banner(browser)


async def test_the_page_has_the_moment_for_readers_without_a_script(
    desk: Desk, browser: Browser
) -> None:
    """And for the script the moment to count to, and the server's own clock."""
    await desk.approve()
    await desk.signed_in(browser, MIA)
    contest = await running(desk)
    page = await browser.get("/affiliate/dashboard")
    stamp = f"{contest.end_date:%Y-%m-%dT%H:%M:%SZ}"
    assert f'data-countdown="{stamp}"' in page.html
    assert f'Until <time datetime="{stamp}"' in page.html
    assert "data-live-now=" in page.html
    assert "contests.js" in page.html
