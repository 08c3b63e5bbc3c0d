"""Recruit links: followed, remembered, carried into an application; and the page about them."""

from datetime import timedelta

import clock
from domain import applications, program, recruits
from storage.affiliates import Affiliate
from storage.db import Database
from tests.builders import facts, settle
from tests.dashboard.desk import OPERATOR, Browser, Desk, make_settings
from tests.dashboard.pages.test_applications import kept, send

ANNA = "anna@example.com"
HERE = "/affiliate/dashboard/recruits"
TALLY = "https://tally.so/r/abc?src=page#top"


async def set_program(db: Database, **changes: object) -> None:
    """Change settings."""
    async with db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True} | changes, OPERATOR)


async def anna(desk: Desk) -> Affiliate:
    """Somebody who recruits."""
    return await desk.approve(ANNA, "ANNA20", display_name="Anna Bo")


async def named(desk: Desk) -> list[str]:
    """Whom the visitors' applications name; Anna's own is left out."""
    sent, _ = await kept(desk)
    return [one.recruited_by for one in sent if one.email != ANNA]


async def test_a_recruit_link_leads_into_the_application(db: Database) -> None:
    """The page says whose invitation it is, and an approval notes it."""
    await set_program(db)
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        await anna(desk)
        answer = await browser.get("/affiliate/join/ANNA20", follow=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/affiliate")
        (cookie,) = [one for one in answer.cookies if "recruiter" in one]
        assert "HttpOnly" in cookie
        assert "Max-Age=2592000" in cookie
        assert "by the invitation of ANNA20" in (await browser.get("/affiliate")).words
        await send(browser)
        assert await named(desk) == ["ANNA20"]
        (application,) = [one for one in (await kept(desk))[0] if one.email != ANNA]
        async with db.transaction() as session:
            mia = await applications.approve(session, application.id, "MIA30", OPERATOR)
            found = await recruits.recruiter_of(session, mia.id)
        assert found is not None
        assert found.promo_code == "ANNA20"


async def test_the_last_link_counts_and_only_for_a_while(db: Database) -> None:
    """A browser that keeps a cookie for longer than it should changes nothing."""
    await set_program(db, recruit_window_days=10)
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        await browser.get("/affiliate/join/FIRST")
        await browser.get("/affiliate/join/ANNA20")
        assert "invitation of ANNA20" in (await browser.get("/affiliate")).words
        clock.run_ahead(timedelta(days=10, minutes=1))
        try:
            assert "invitation" not in (await browser.get("/affiliate")).words
        finally:
            clock.run_ahead(timedelta(0))


async def test_a_made_up_cookie_is_nobodys(db: Database) -> None:
    """Nobody writes into an application what was not in a link of ours."""
    await set_program(db)
    async with Desk(db, make_settings()).running() as desk:
        for value in ("ANNA20.1.00", "ANNA20", "..", "ANNA20.x." + "0" * 64):
            async with desk.browser(Cookie=f"desk_recruiter={value}") as browser:
                page = await browser.get("/affiliate")
                assert page.status == 200
                assert "invitation" not in page.words


async def test_what_is_no_ref_is_not_remembered(db: Database) -> None:
    """The visitor comes to the first page all the same."""
    await set_program(db)
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        for ref in ("%3Cscript%3E", "x" * 65, "a%00b"):
            answer = await browser.get(f"/affiliate/join/{ref}", follow=False)
            assert (answer.status, answer.headers["Location"]) == (303, "/affiliate")
            assert not [one for one in answer.cookies if "recruiter" in one]


async def test_while_it_is_off_a_recruit_link_is_an_ordinary_one(db: Database) -> None:
    """Nothing is remembered, and what was remembered before is not used."""
    await set_program(db)
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        await browser.get("/affiliate/join/ANNA20")
        await set_program(db, two_tier_enabled=False)
        assert "invitation" not in (await browser.get("/affiliate")).words
        answer = await browser.get("/affiliate/join/ANNA20", follow=False)
        assert not [one for one in answer.cookies if "recruiter" in one]
        await send(browser)
        assert await named(desk) == [""]


async def test_a_tally_form_gets_the_recruiter_in_its_address(db: Database) -> None:
    """Where its hidden field takes it from; what stood there already stays."""
    await set_program(db, tally_form_url=TALLY)
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        assert f'href="{TALLY}"' in (await browser.get("/affiliate")).html
        await browser.get("/affiliate/join/ANNA20")
        shown = (await browser.get("/affiliate")).html.replace("&amp;", "&")
        assert 'href="https://tally.so/r/abc?src=page&recruiter=ANNA20#top"' in shown


async def test_the_page_shows_the_link_and_what_recruits_brought(
    desk: Desk, browser: Browser
) -> None:
    """Recruits by their initials, with the month and the sum; no name and no address."""
    await set_program(desk.db)
    await anna(desk)
    await desk.approve(recruited_by="ANNA20", display_name="Mia Picks")
    await settle(desk.db, facts(1, codes=("MIA30",)))
    await desk.signed_in(browser, ANNA)
    page = await browser.get(HERE)
    assert page.status == 200
    assert "/affiliate/join/ANNA20" in page.words
    for part in ("M. P.", "$0.28", "5% of what they earn"):
        assert part in page.words
    assert "Mia" not in page.words
    assert "mia@" not in page.html
    assert "Recruit" in (await browser.get("/affiliate/dashboard")).words
    for kind in ("svg", "png"):
        drawn = await browser.client.get(f"{HERE}/qr.{kind}?download=1")
        assert drawn.status == 200
        assert f"qr-recruit.{kind}" in drawn.headers["Content-Disposition"]


async def test_while_it_is_off_the_page_says_so_and_keeps_what_was_earned(
    desk: Desk, browser: Browser
) -> None:
    """No link to share, but the recruits and their sums."""
    await set_program(desk.db)
    await anna(desk)
    await desk.approve(recruited_by="ANNA20", display_name="Mia Picks")
    await settle(desk.db, facts(1, codes=("MIA30",)))
    await set_program(desk.db, two_tier_enabled=False)
    await desk.signed_in(browser, ANNA)
    page = await browser.get(HERE)
    assert "Recruiting is paused" in page.words
    assert "$0.28" in page.words
    assert "/affiliate/join/" not in page.html
    assert (await browser.client.get(f"{HERE}/qr.svg")).status == 404


async def test_earnings_lead_to_the_recruits_who_brought_some(desk: Desk, browser: Browser) -> None:
    """Also while it is off, when the menu does not; not for who recruited nobody."""
    await set_program(desk.db)
    await anna(desk)
    await desk.approve(recruited_by="ANNA20")
    await settle(desk.db, facts(1, codes=("MIA30",)))
    await set_program(desk.db, two_tier_enabled=False)
    await desk.signed_in(browser, ANNA)
    assert f'href="{HERE}"' in (await browser.get("/affiliate/dashboard/earnings")).html
    await desk.signed_in(browser, "mia@example.com")
    assert HERE not in (await browser.get("/affiliate/dashboard/earnings")).html
