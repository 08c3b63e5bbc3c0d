"""`/affiliate`: one address, and a page for each state."""

import pytest

from domain import affiliates, applications, program
from domain.statuses import Status
from storage.db import Database
from tests.dashboard.desk import OPERATOR, Browser, Desk, make_settings

MIA = "mia@example.com"
HOSTILE = "<script>alert(1)</script> 🎉"


async def test_a_visitor_sees_the_offer_and_both_ways_in(desk: Desk, browser: Browser) -> None:
    """The terms are the program's own."""
    async with desk.db.transaction() as session:
        await program.update(session, {"commission_rate_bp": 2550, "max_cycles": 3}, OPERATOR)
    page = await browser.get("/affiliate")
    assert page.status == 200
    assert "Share PropMine. Earn 25.5% of what it brings in." in page.words
    assert "first three successful billing cycles" in page.words
    assert {"/affiliate/apply", "/affiliate/sign-in"} <= set(page.forms)
    assert "/affiliate/sign-out" not in page.forms


async def test_who_has_not_applied_gets_the_form(desk: Desk, browser: Browser) -> None:
    """Signed in, without an application: the form, and nothing else."""
    page = await (await desk.signed_in(browser, MIA)).get("/affiliate")
    assert "/affiliate/apply" in page.forms
    assert MIA in page.words


async def test_who_waits_sees_what_they_sent(desk: Desk, browser: Browser) -> None:
    """Also what no field of ours takes."""
    await desk.apply(
        requested_code="MIA30", extra=[{"label": "Favourite team", "text": "The Jets"}]
    )
    page = await (await desk.signed_in(browser, MIA.upper())).get("/affiliate")
    for words in ("Your application is with us", "MIA30", "Favourite team", "The Jets", "3 days"):
        assert words in page.words


async def test_who_was_turned_away_sees_why(desk: Desk, browser: Browser) -> None:
    """The reason stands there as it was mailed, as text."""
    application = await desk.apply()
    async with desk.db.transaction() as session:
        await applications.reject(session, application.id, f"Coupons. {HOSTILE}", OPERATOR)
    page = await (await desk.signed_in(browser, MIA)).get("/affiliate")
    assert "Not this time" in page.words
    assert f"Coupons. {HOSTILE}" in page.words
    assert "<script>alert" not in page.html


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.PAUSED, "Your account is paused"),
        (Status.TERMINATED, "Your account is closed"),
    ],
)
async def test_who_is_stopped_sees_why_and_no_dashboard(
    desk: Desk, browser: Browser, status: Status, words: str
) -> None:
    """The page changes with the decision; the dashboard leads back to it."""
    affiliate = await desk.approve()
    await desk.signed_in(browser, MIA)
    assert (await browser.get("/affiliate")).url.path == "/affiliate/dashboard"
    async with desk.db.transaction() as session:
        await affiliates.change_status(session, affiliate.id, status, HOSTILE, OPERATOR)
    page = await browser.get("/affiliate/dashboard")
    assert page.url.path == "/affiliate"
    assert words in page.words
    assert HOSTILE in page.words
    assert "MIA30" in page.words
    assert "<script>alert" not in page.html


async def test_who_is_approved_is_led_to_the_dashboard(db: Database) -> None:
    """Straight from the address that everybody knows."""
    async with Desk(db, make_settings()).running() as desk, desk.browser() as browser:
        await desk.approve()
        page = await (await desk.signed_in(browser, MIA)).get("/affiliate")
        assert page.url.path == "/affiliate/dashboard"


async def test_one_address_for_one_page(browser: Browser) -> None:
    """A slash at the end leads to the page without it."""
    page = await browser.get("/affiliate/", follow=False)
    assert (page.status, page.headers["Location"]) == (303, "/affiliate")
