"""The promo-code field on a page of another origin, under that page's own strict policy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from dashboard.context import DashboardContext
from dashboard.public import discount_codes, scripts
from domain import discount_codes as codes
from storage.db import Database
from tests.builders import RITA
from tests.chromium import chromium, page_of
from tests.dashboard.desk import make_settings
from tests.shop import Shop, open_shop
from tests.standing import free_port, serving

pytestmark = pytest.mark.browser

MINUS: Final = "\N{MINUS SIGN}"
HOST: Final = """<!doctype html><html lang="en"><title>Shop</title>
<link rel="stylesheet" href="/shop.css">
<form action="/buy"><input name="seats" value="2">
<script async src="{desk}/promo-code.js" data-plan="monthly" data-user="mia@example.com"></script>
<button>Buy</button></form>
<pre id="heard"></pre><script src="/shop.js"></script>"""
STYLE: Final = "label, p, button { color: rgb(255, 0, 0); display: none } body { color: #124 }"
SCRIPT: Final = """addEventListener("affiliate-desk:code", (event) => {
  heard.textContent += `${event.target.tagName} ${event.detail.valid} ${event.detail.code};`;
});"""


@asynccontextmanager
async def host_page(shop: Shop, *, is_the_product: bool = True) -> AsyncIterator[str]:
    """A page of somebody's shop that embeds the field of a desk; its address."""
    desk_port, host_port = free_port(), free_port()
    desk_url, host_url = f"http://127.0.0.1:{desk_port}", f"http://127.0.0.1:{host_port}"
    settings = make_settings(
        public_url=desk_url,
        product_url=host_url if is_the_product else "https://product.example.com",
    )
    policy = (
        f"default-src 'none'; style-src 'self'; script-src 'self' {desk_url}; "
        f"connect-src {desk_url}; form-action 'self'; require-trusted-types-for 'script'"
    )

    async def show(request: web.Request) -> web.Response:
        kinds = {"/shop.css": ("text/css", STYLE), "/shop.js": ("text/javascript", SCRIPT)}
        kind, text = kinds.get(request.path, ("text/html", HOST.format(desk=desk_url)))
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=text, content_type=kind, headers=headers)

    host = web.Application()
    host.router.add_get("/{any:.*}", show)
    desk = web.Application()
    context = DashboardContext(shop.db, settings, None, shop.services.stripe)
    discount_codes.add_routes(desk, context)
    scripts.add_routes(desk)
    async with serving(desk, desk_port), serving(host, host_port):
        yield host_url


@pytest.fixture
async def shop(sqlite: Database) -> AsyncIterator[Shop]:
    """A shop with the code LAUNCH20 for all, and VIP for yearly plans."""
    async with open_shop(sqlite) as opened:
        async with sqlite.transaction() as session:
            for terms in (
                {"code": "LAUNCH20", "discount_value": 20},
                {"code": "HALF-A-YEAR", "discount_value": 50, "min_plan": "yearly"},
            ):
                await codes.create(session, terms, RITA)
        await opened.carry_out()
        yield opened


async def test_it_lives_on_a_page_of_another_origin(shop: Shop) -> None:
    """Styled apart, heard by the page, sent with its form, and following the plan."""
    async with host_page(shop) as address, chromium() as browser, page_of(browser) as page:
        complaints = listen(page)
        await page.goto(address)
        field = page.get_by_label("Have a promo code?")
        await expect(field).to_be_visible()
        assert await field.evaluate("one => getComputedStyle(one).color") == "rgb(17, 34, 68)"
        carried = page.locator("input[name=promo_code]")
        heard = page.locator("#heard")

        await field.fill("launch20")
        await field.press("Enter")
        await expect(page.get_by_text("You pay today")).to_be_visible()
        for words in ("20% off your first payment", "$29.00", "-$5.80", "$23.20"):
            await expect(page.get_by_text(words, exact=True)).to_be_visible()
        await expect(page.get_by_text("Then $29.00 at each renewal.")).to_be_visible()
        await expect(carried).to_have_value("LAUNCH20")
        await expect(heard).to_have_text("DIV true LAUNCH20;")
        assert page.url == f"{address}/", "Enter in the field does not send the page's form"

        await field.fill("half-a-year")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.get_by_role("status")).to_contain_text("at least the plan Yearly")
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(page.get_by_text("You pay today")).to_be_hidden()
        await expect(carried).to_have_value("")

        await page.evaluate("document.querySelector('[data-plan]').dataset.plan = 'yearly'")
        await expect(page.get_by_text("$139.50").last).to_be_visible()
        await expect(carried).to_have_value("HALF-A-YEAR")
        await page.evaluate("document.querySelector('form').requestSubmit()")
        await expect(page).to_have_url(f"{address}/buy?seats=2&promo_code=HALF-A-YEAR")
        assert complaints == []


async def test_an_origin_that_is_not_the_products_is_told_to_try_later(shop: Shop) -> None:
    """The browser keeps the answer from it; the field says that much and carries nothing."""
    async with (
        host_page(shop, is_the_product=False) as address,
        chromium() as browser,
        page_of(browser) as page,
    ):
        await page.goto(address)
        await page.get_by_label("Have a promo code?").fill("LAUNCH20")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.get_by_text("The code could not be checked.")).to_be_visible()
        await expect(page.locator("input[name=promo_code]")).to_have_value("")


def listen(page: Page) -> list[str]:
    """What the browser complains of, such as a policy that was broken."""
    heard: list[str] = []
    page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    return heard
