"""A discount code as a customer tries it: on the pricing page, and on a page that embeds it."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any, Final

import pytest
from aiohttp import ClientSession
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.steps import overflow
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser

TERMS: Final[dict[str, Any]] = {"code": "LAUNCH20", "discount_value": 20}
REFUSED: Final = "LAUNCH20 cannot be used at the moment."
MINUS: Final = "\N{MINUS SIGN}"


async def test_a_code_is_tried_paid_with_and_refused_once_paused(sandbox: str) -> None:
    """From the start page to thanks; what it costs is seen before anything is paid."""
    code = await make(sandbox)
    async with chromium() as browser, page_of(browser) as page:
        await page.goto(f"{sandbox}/sandbox/")
        await page.get_by_role("link", name="Open the pricing page").first.click()
        await expect(page.get_by_role("heading", name="Choose your plan")).to_be_visible()
        await page.get_by_text("Have a promo code?").click()
        await page.get_by_label("Promo code").fill("launch20")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator("#code-said")).to_have_text("20% off your first payment")
        announced = page.locator("#announcer")
        await expect(announced).to_contain_text(re.compile(r"20% off.*You pay today\s*\$23\.20"))
        await expect(order(page)).to_contain_text(f"{MINUS}$5.80")
        await page.get_by_label("Yearly").check()
        await expect(order(page)).to_contain_text("You pay today$223.20")
        await expect(order(page)).to_contain_text("Then $279.00 every year.")
        await page.get_by_role("button", name="Continue to payment").click()
        await expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
        await page.get_by_label("Email").fill("mia@example.com")
        await page.get_by_label("Email").press("Enter")
        await subscribe(page, "mia@example.com")
        await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        await expect(page.get_by_role("main")).to_contain_text("$223.20")

        await send(sandbox, "PATCH", f"/{code['id']}", {"status": "paused"})
        await page.goto(f"{sandbox}/pricing?code=LAUNCH20")
        await expect(page.get_by_text(REFUSED)).to_be_visible()
        await expect(order(page)).to_contain_text("You pay today$29.00")


async def test_it_all_works_without_scripts(sandbox: str) -> None:
    """The same way by the form alone, and the order follows the chosen plan by style alone."""
    await make(sandbox)
    async with chromium() as browser, without_scripts(browser) as page:
        await page.goto(f"{sandbox}/pricing?plan=monthly")
        await page.get_by_label("3 months").check()
        await expect(order(page)).to_contain_text("$79.00")
        await expect(order(page).get_by_text("$29.00").first).to_be_hidden()
        await page.get_by_text("Have a promo code?").click()
        await page.get_by_label("Promo code").fill("nope")
        await page.get_by_label("Promo code").press("Enter")
        await expect(page.get_by_text("We do not know the code NOPE.")).to_be_visible()
        await expect(page.get_by_label("3 months")).to_be_checked()
        await page.get_by_label("Promo code").fill("launch20")
        await page.get_by_label("Email").fill("mia@example.com")
        await page.get_by_role("button", name="Apply").click()
        await expect(order(page)).to_contain_text("$63.20")
        await page.get_by_role("button", name="Continue to payment").click()
        await page.get_by_role("link", name="Go back").click()
        await expect(page.get_by_text("Your payment was not finished")).to_be_visible()
        await page.get_by_label("Email").fill("mia@example.com")
        await page.get_by_role("button", name="Continue to payment").click()
        await subscribe(page, "mia@example.com")
        await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


async def test_nothing_moves_while_a_code_is_judged(sandbox: str) -> None:
    """Neither a price that is struck out nor a sentence below the field pushes the page about."""
    await make(sandbox)
    stay = {"code": "STAY25", "discount_value": 25, "duration": "repeating", "duration_months": 12}
    await make(sandbox, stay)
    async with chromium() as browser, page_of(browser) as page:
        await page.goto(f"{sandbox}/pricing")
        await page.get_by_text("Have a promo code?").click()
        await page.get_by_label("Promo code").focus()
        places = await where(page)
        for typed, words in (("NOPE", "We do not"), ("launch20", "20% off"), ("stay25", "25% off")):
            await page.get_by_label("Promo code").fill(typed)
            await expect(page.locator("#code-said")).to_contain_text(words)
            assert await where(page) == places
        await expect(page.get_by_label("Promo code")).to_be_focused()


async def test_the_product_sells_with_the_embedded_field(sandbox: str) -> None:
    """On its own page: try the code, see the price, pay."""
    await make(sandbox)
    async with chromium() as browser, page_of(browser, width=390, scheme="dark") as page:
        await page.goto(f"{sandbox}/sandbox/product/?ref=JANE&plan=yearly")
        field = page.get_by_label("Have a promo code?")
        await field.fill("nope")
        await field.press("Enter")
        await expect(page.get_by_text("We do not know the code NOPE.")).to_be_visible()
        await field.fill("launch20")
        await page.get_by_role("button", name="Apply").click()
        await expect(page.get_by_text("You pay today")).to_be_visible()
        await expect(page.get_by_text("$223.20")).to_be_visible()
        await expect(page.locator("input[name=promo_code]")).to_have_value("LAUNCH20")
        await look_at(page, "the product's page")
        await page.get_by_role("button", name="Continue to payment").click()
        await expect(page.get_by_text("Type your email address")).to_be_visible()
        await page.get_by_label("Email").fill("mia@example.com")
        await page.get_by_role("button", name="Continue to payment").click()
        await subscribe(page, "mia@example.com")
        await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


async def test_the_pricing_page_can_be_used_by_everybody(sandbox: str) -> None:
    """On a phone and on a desk, in light and dark: bare, with a code, refused, unfinished."""
    await make(sandbox)
    async with chromium() as browser:
        for width, scheme in product((390, 1280), ("light", "dark")):
            async with page_of(browser, width=width, scheme=scheme) as page:
                for query in ("", "?code=LAUNCH20", "?code=NOPE&checkout=unfinished"):
                    await page.goto(f"{sandbox}/pricing{query}")
                    await look_at(page, f"{query}, {width} px, {scheme}")


async def make(sandbox: str, terms: dict[str, Any] = TERMS) -> dict[str, Any]:
    """A code that Stripe has, by the admin API."""
    code = await send(sandbox, "POST", "", terms)

    async def is_ready() -> bool:
        asked = f"{sandbox}/api/discount-codes/validate?code={terms['code']}"
        async with ClientSession() as client, client.get(asked) as answer:
            return bool((await answer.json())["valid"])

    await until(is_ready)
    return code


async def send(sandbox: str, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What an operator's program asks for."""
    address = f"{sandbox}/api/admin/discount-codes{path}"
    headers = {"Authorization": "Bearer sandbox-admin-token-that-is-public"}
    async with (
        ClientSession(headers=headers) as client,
        client.request(method, address, json=body) as answer,
    ):
        found: dict[str, Any] = await answer.json()
        assert answer.ok, found
        return found


@asynccontextmanager
async def without_scripts(browser: Browser) -> AsyncIterator[Page]:
    """A page of somebody who runs no scripts."""
    context = await browser.new_context(java_script_enabled=False)
    yield await context.new_page()
    await context.close()


def order(page: Page) -> Locator:
    """What is to be paid."""
    return page.get_by_role("region", name="Your order")


async def subscribe(page: Page, email: str) -> None:
    """Pay on the payment provider's page, which knows who pays and with which code."""
    await expect(page.get_by_label("E-mail")).to_have_value(email)
    await expect(page.get_by_text("LAUNCH20")).to_be_visible()
    await page.get_by_role("button", name="Subscribe").click()


async def where(page: Page) -> list[dict[str, float] | None]:
    """Where the parts of the page stand."""
    parts = page.locator(".plan, .order, .code-row, .order .button")
    return [await part.bounding_box() for part in await parts.all()]  # type: ignore[misc]


async def look_at(page: Page, what: str) -> None:
    """No finding of axe-core, and no sideways scrolling."""
    found = await Axe().run(page)
    assert found.violations_count == 0, f"{what}:\n{found.generate_report()}"
    assert await overflow(page) <= 0, what
