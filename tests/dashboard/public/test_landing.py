"""Partner pages as visitors, networks and crawlers get them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from PIL import Image
from sqlmodel import func, select

from dashboard import photos
from dashboard.clicks import Clicks
from dashboard.context import DashboardContext
from dashboard.public import landing, links
from dashboard.static_files import FILES
from domain import landing as domain
from domain.landing import Photo
from storage import affiliates, clicks
from storage.db import Database
from storage.landing import LandingPage, LandingView, LandingViews
from tests.builders import RITA, join
from tests.dashboard.desk import Browser, make_settings
from tests.dashboard.samples import HOSTILE
from tests.landing_builders import save
from tests.pictures import picture

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
PRODUCT = "https://propmine.example"


@dataclass
class Site:
    """The public side of a desk."""

    db: Database
    server: TestServer

    @asynccontextmanager
    async def browser(self, agent: str = FIREFOX) -> AsyncIterator[Browser]:
        """Somebody's browser."""
        async with ClientSession(self.server.make_url("/"), headers={"User-Agent": agent}) as one:
            yield Browser(one)


@pytest.fixture
async def site(db: Database) -> AsyncIterator[Site]:
    """With a product, and no payments."""
    settings = make_settings(product_url=PRODUCT, public_url="https://desk.example.com")
    intake = Clicks(db, settings)
    intake.start()
    context = DashboardContext(db, settings, None, None, intake)
    app = web.Application()
    landing.add_routes(app, context)
    links.add_routes(app, context)
    server = TestServer(app)
    await server.start_server()
    yield Site(db, server)
    await server.close()
    await intake.close()


@pytest.fixture
async def visitor(site: Site) -> AsyncIterator[Browser]:
    """A browser that was never here."""
    async with site.browser() as browser:
        yield browser


def meta(html: str, name: str) -> str:
    """What a meta element says."""
    found = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)"', html)
    assert found, name
    return found[1]


async def test_a_page_has_all_that_a_visitor_needs(site: Site, visitor: Browser) -> None:
    """Name, words, code, disclosure, and a button by the link that counts."""
    await save(site.db, await join(site.db), bio="One.\n\nTwo.", cta="See the plans")
    page = await visitor.get("/partner/jared-bets")
    assert page.status == 200
    for part in ("Jared Bets", "Props, without guessing", "JARED30", "30% off your first payment"):
        assert part in page.words
    assert "I am an affiliate of PropMine" in page.words
    (button,) = [given for tag, given in page.tags if tag == "a" and given.get("class") == "go"]
    assert button["href"] == (
        "https://desk.example.com/r/JARED30?to=/%3Fcode%3DJARED30&src=partner-page"
    )
    assert "sponsored" in str(button["rel"])


async def test_the_button_records_the_click_and_carries_the_code(
    site: Site, visitor: Browser
) -> None:
    """Under the page's own tag; the product learns ref, tag and code."""
    jared = await join(site.db)
    await save(site.db, jared)
    page = await visitor.get("/partner/jared-bets")
    (button,) = [given for tag, given in page.tags if tag == "a" and given.get("class") == "go"]
    way = str(button["href"]).removeprefix("https://desk.example.com")
    led = await visitor.get(way, follow=False)
    assert led.status == 302
    assert led.headers["Location"].startswith(f"{PRODUCT}/?")
    for said in ("code=JARED30", "ref=JARED30", "src=partner-page"):
        assert said in led.headers["Location"]
    async with site.db.read() as session:
        (click,) = await clicks.latest(session, jared.id)
    assert (click.source_tag, click.kind) == ("partner-page", "counted")


async def test_a_page_that_is_shared_says_what_it_is(site: Site, visitor: Browser) -> None:
    """Title, picture and address for networks; a photo goes before a drawn card."""
    jared = await join(site.db)
    await save(site.db, jared)
    html = (await visitor.get("/partner/jared-bets")).html
    assert meta(html, "og:title") == "Props, without guessing"
    assert meta(html, "og:url") == "https://desk.example.com/partner/jared-bets"
    assert "I am an affiliate" in meta(html, "og:description")
    assert meta(html, "twitter:card") == "summary_large_image"
    assert '<link rel="canonical" href="https://desk.example.com/partner/jared-bets">' in html
    drawn = await fetch(visitor, meta(html, "og:image"))
    assert (drawn.format, drawn.size) == ("PNG", (1200, 630))

    await save(site.db, jared, photo=photos.encode(picture()))
    html = (await visitor.get("/partner/jared-bets")).html
    assert meta(html, "twitter:card") == "summary"
    shown = await fetch(visitor, meta(html, "og:image"))
    assert (shown.format, shown.size) == ("WEBP", (800, 800))


async def fetch(visitor: Browser, url: str) -> Image.Image:
    """A picture of the page, which may be kept for ever."""
    path = url.removeprefix("https://desk.example.com")
    async with visitor.client.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        return Image.open(BytesIO(await answer.read()))


async def test_a_card_is_drawn_of_any_name(site: Site, visitor: Browser) -> None:
    """Also one whose letters our font lacks, or a very long one."""
    jared = await join(site.db)
    for name in ("Ярослав", "🎉", "W" * 60, "-", "O'Neil"):
        await save(site.db, jared, name=name)
        html = (await visitor.get("/partner/jared-bets")).html
        assert (await fetch(visitor, meta(html, "og:image"))).size == (1200, 630)


async def test_a_page_is_light_and_asks_nobody_else(site: Site, visitor: Browser) -> None:
    """Under 50 kB with its one stylesheet and script, no cookie, strict headers."""
    await save(site.db, await join(site.db), bio="x" * 2000)
    page = await visitor.get("/partner/jared-bets")
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.html)
    style = await visitor.get(sheet)
    assert style.headers["Content-Type"].startswith("text/css")
    assert style.headers["Cache-Control"].endswith("immutable")
    script = FILES["desk.js"]
    assert len(page.html.encode()) + len(style.html.encode()) + len(script) < 50_000
    assert page.cookies == []
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"url\(|@import|https?:", style.html)
    loaded = re.findall(r'(?:src|href)="(https?:[^"]+)"', page.html)
    assert all(address.startswith("https://desk.example.com/") for address in loaded)


async def test_who_has_the_page_is_told_so(site: Site, visitor: Browser) -> None:
    """By its ETag, until something changes; it is asked for each time, and so can be taken down."""
    jared = await join(site.db)
    page = await save(site.db, jared)
    first = await visitor.get("/partner/jared-bets")
    assert first.headers["Cache-Control"] == "public, no-cache"
    known = {"If-None-Match": first.headers["ETag"]}
    again = await visitor.get("/partner/jared-bets", known)
    assert (again.status, again.html) == (304, "")
    await save(site.db, jared, headline="New")
    assert (await visitor.get("/partner/jared-bets", known)).status == 200
    async with site.db.transaction() as session:
        await domain.take_down(session, page.id, "No.", RITA)
    assert (await visitor.get("/partner/jared-bets", known)).status == 404


async def test_a_page_that_is_not_to_be_seen_says_nothing_of_why(
    site: Site, visitor: Browser
) -> None:
    """Hidden, taken down, paused, never there: the same answer, also for photos."""
    jared = await join(site.db)
    page = await save(site.db, jared, photo=photos.encode(picture()))
    never = await visitor.get("/partner/nobody")
    photo = f"/partner/jared-bets/photo-{page.photo}.webp"
    async with visitor.client.get(photo) as answer:
        assert answer.status == 200
    async with visitor.client.get("/partner/jared-bets/photo-00.webp") as answer:
        assert answer.status == 404

    async def gone() -> None:
        found = await visitor.get("/partner/jared-bets")
        assert (found.status, found.html) == (404, never.html)
        async with visitor.client.get(photo) as answer:
            assert answer.status == 404

    await save(site.db, jared, active=False)
    await gone()
    await save(site.db, jared)
    async with site.db.transaction() as session:
        await domain.take_down(session, page.id, "No.", RITA)
    await gone()
    async with site.db.transaction() as session:
        await domain.put_back(session, page.id, RITA)
        found = await affiliates.get(session, jared.id, lock=True)
        assert found is not None
        found.status = "paused"
        session.add(found)
    await gone()
    assert never.status == 404
    assert "PropMine" in never.words


async def test_a_printed_address_leads_on(site: Site, visitor: Browser) -> None:
    """With what stood behind it, and in any letter case."""
    jared = await join(site.db)
    await save(site.db, jared)
    await save(site.db, jared, slug="jared-props")
    for path in ("/partner/jared-bets?x=1", "/partner/Jared-Props?x=1"):
        led = await visitor.get(path, follow=False)
        assert (led.status, led.headers["Location"]) == (301, "/partner/jared-props?x=1")


async def test_script_in_every_field_stays_text(site: Site, visitor: Browser) -> None:
    """On the page, and in what networks read."""
    jared = await join(site.db, display_name=HOSTILE)
    typed = HOSTILE[:40]
    await save(site.db, jared, name=typed, headline=HOSTILE, bio=HOSTILE, cta=typed)
    page = await visitor.get("/partner/jared-bets")
    assert page.status == 200
    assert "<script>" not in page.html
    assert not [given for _, given in page.tags if any(name.startswith("on") for name in given)]
    assert HOSTILE in page.words


@pytest.mark.parametrize("color", ["zzzzzz", "0e5a4", "0E5A45", "000000;}*{"])
async def test_only_colors_make_a_stylesheet(visitor: Browser, color: str) -> None:
    """Anything else is no address of ours."""
    assert (await visitor.get(f"/partner/theme-{color}.css")).status == 404


@pytest.mark.parametrize("slug", ["%00", "%ff", "..%2f..", "x" * 3000, "%F0%9F%8E%89", "a'b\"c"])
async def test_a_nonsense_address_is_no_failure(visitor: Browser, slug: str) -> None:
    """There is just no page."""
    assert (await visitor.get(f"/partner/{slug}")).status == 404


class TestViews:
    """How often a page is looked at."""

    async def test_each_visitor_counts_once_a_day_and_bots_apart(self, site: Site) -> None:
        """A reload is no second visitor, a crawler none at all; HEAD is nobody."""
        page = await save(site.db, await join(site.db))
        for agent in (FIREFOX, FIREFOX, FIREFOX + " again", "Googlebot/2.1", "curl/8"):
            async with site.browser(agent) as browser:
                assert (await browser.get("/partner/jared-bets")).status == 200
        async with site.browser("Mozilla/5.0 HEAD") as browser:
            await browser.client.head("/partner/jared-bets")
        assert await self.counted(site, page) == (2, 2)

    async def counted(self, site: Site, page: LandingPage) -> tuple[int, int]:
        """Visitors and bots: the sums, which must agree with the raw rows."""
        async with site.db.read() as session:
            raw: dict[bool, int] = dict(
                (
                    await session.exec(
                        select(LandingView.bot, func.count()).group_by(LandingView.bot)  # type: ignore[arg-type]
                    )
                ).all()
            )
            (kept,) = (await session.exec(select(LandingViews))).all()
        assert kept.landing_page_id == page.id
        assert (kept.views, kept.bots) == (raw.get(False, 0), raw.get(True, 0))
        return kept.views, kept.bots

    async def test_many_at_once_are_all_counted(self, site: Site) -> None:
        """None is lost, however they come together."""
        page = await save(site.db, await join(site.db))

        async def visit(number: int) -> None:
            async with site.browser(f"{FIREFOX} {number % 40}") as browser:
                await browser.get("/partner/jared-bets")

        await asyncio.gather(*(visit(number) for number in range(120)))
        assert await self.counted(site, page) == (40, 0)


async def test_without_product_and_payments_there_is_no_button(db: Database) -> None:
    """It would lead nowhere; the page is there all the same."""
    app = web.Application()
    landing.add_routes(app, DashboardContext(db, make_settings(), None))
    jared: Any = await join(db)
    await save(db, jared, photo=Photo("ab", b"x"))
    server = TestServer(app)
    await server.start_server()
    async with ClientSession(server.make_url("/")) as client:
        page = await Browser(client).get("/partner/jared-bets")
    await server.close()
    assert page.status == 200
    assert 'class="go"' not in page.html
