"""The page on which the public reports, and what links note of how they were opened."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from sqlmodel import func, select

import clock
from dashboard.clicks import Clicks
from dashboard.context import DashboardContext
from dashboard.public import compliance, links
from storage.clicks import Click
from storage.compliance import Report
from storage.db import Database
from tests.builders import effects_asked_for, join
from tests.compliance_builders import violations
from tests.dashboard.desk import Browser, Page, make_settings
from tests.dashboard.samples import HOSTILE

_SECOND = timedelta(seconds=1)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@dataclass
class Site:
    """The public side of a desk, and somebody's browser."""

    db: Database
    browser: Browser

    async def report(self, *, wait: float = 10, **typed: Any) -> Page:
        """Open the form, take some seconds, fill it in and send it."""
        page = await self.browser.get("/report")
        form = page.forms["/report"] | {
            "named": "JARED30",
            "kind": "spam",
            "text": "A mail that I never asked for.",
        }
        with clock.travel(clock.now() + wait * _SECOND):
            return await self.browser.post("/report", form | typed)

    async def kept(self) -> int:
        """How many reports are stored."""
        async with self.db.read() as session:
            return (await session.exec(select(func.count()).select_from(Report))).one()


@pytest.fixture
async def site(db: Database) -> AsyncIterator[Site]:
    """With a product."""
    settings = make_settings(product_url="https://propmine.example")
    intake = Clicks(db, settings)
    intake.start()
    context = DashboardContext(db, settings, None, None, intake)
    app = web.Application()
    compliance.add_routes(app, context)
    links.add_routes(app, context)
    server = TestServer(app)
    await server.start_server()
    async with ClientSession(
        server.make_url("/"), cookie_jar=CookieJar(unsafe=True), headers={"User-Agent": FIREFOX}
    ) as client:
        yield Site(db, Browser(client))
    await server.close()
    await intake.close()


async def test_a_report_opens_a_case_and_the_answer_tells_nothing(site: Site) -> None:
    """The same answer for somebody we know, for nobody, and for a program that fills it in."""
    await join(site.db)
    known = await site.report()
    nobody = await site.report(named="NOBODY30")
    trapped = await site.report(homepage_2="x", named="JARED30", kind="other")
    answers = {(page.status, page.headers["Location"]) for page in (known, nobody, trapped)}
    assert answers == {(303, "/report/sent")}
    assert [one.kind for one in await violations(site.db)] == ["spam"]
    sent = await site.browser.get("/report/sent")
    assert "Thank you for telling us" in sent.words


async def test_what_is_wrong_is_said_and_what_was_typed_stays(site: Site) -> None:
    """Escaped, whatever it is."""
    page = await site.report(named=HOSTILE, kind="", text="")
    assert page.status == 422
    assert "Say what happened." in page.words
    assert "<script>alert" not in page.html
    assert await site.kept() == 0


@pytest.mark.parametrize("opened", ["", "1.x", "99999999999999.x", "\u0661.x"])
async def test_a_form_that_is_not_ours_or_too_fast_is_asked_again(site: Site, opened: str) -> None:
    """Nothing typed is lost."""
    fast = await site.report(wait=0)
    forged = await site.report(opened=opened)
    assert (fast.status, forged.status) == (422, 422)
    assert "A mail that I never asked for." in fast.html
    assert await site.kept() == 0
    once_more = await site.browser.post(
        "/report",
        fast.forms["/report"]
        | {
            "named": "NOBODY30",
            "kind": "spam",
            "text": "A mail.",
        },
    )
    assert once_more.status == 303


async def test_a_flood_from_one_address_is_cut_off(site: Site) -> None:
    """Ten thousand reports cost ten; the rest is refused before the database is asked."""
    await join(site.db)
    first = await site.browser.get("/report")
    form = first.forms["/report"] | {"named": "JARED30", "kind": "spam", "text": "Spam."}
    statuses = []
    with clock.travel(clock.now() + 10 * _SECOND):
        for number in range(300):
            page = await site.browser.post("/report", form | {"text": f"Spam {number}"})
            statuses.append(page.status)
    assert statuses == [303] * 10 + [429] * 290
    (one,) = await violations(site.db)
    assert (one.times, await site.kept()) == (1, 1)
    kinds = [effect.kind for effect in await effects_asked_for(site.db)]
    assert kinds.count("card.case") == 1


async def test_what_others_sites_send_is_refused(site: Site) -> None:
    """A form elsewhere cannot report in somebody's name."""
    page = await site.browser.get("/report")
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = await site.browser.post("/report", page.forms["/report"], headers)
    assert answer.status == 403


@pytest.mark.parametrize(
    ("query", "headers", "noted"),
    [
        ("", {"Sec-Fetch-Dest": "document"}, ("page", "", "")),
        ("", {"Sec-Fetch-Dest": "iframe"}, ("frame", "", "")),
        ("", {"Sec-Fetch-Dest": "image"}, ("part", "", "")),
        ("", {"Sec-Fetch-Dest": "<script>"}, ("", "", "")),
        ("?gclid=abc&utm_term=propmine", {}, ("", "gclid", "propmine")),
        ("?utm_medium=CPC&keyword=prop%00mine", {}, ("", "utm_medium", "prop\ufffdmine")),
        ("?fbclid=abc", {}, ("", "", "")),
        ("", {"Referer": "https://www.googleadservices.com/x"}, ("", "referrer", "")),
        ("", {"Referer": "https://notdoubleclick.net/x"}, ("", "", "")),
    ],
)
async def test_a_link_notes_how_it_was_opened(
    site: Site, query: str, headers: dict[str, str], noted: tuple[str, str, str]
) -> None:
    """In a frame, from an ad, for which word; only in words that we know."""
    await join(site.db)
    await site.browser.get(f"/r/JARED30{query}", headers, follow=False)
    async with site.db.read() as session:
        (one,) = (await session.exec(select(Click))).all()
    assert (one.fetched_as, one.paid, one.keyword) == noted
