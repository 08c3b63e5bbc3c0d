"""A discount code from its making in Slack to its end, as operators and a customer see it."""

import re
from typing import Final

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.steps import overflow
from tests.browser.test_pricing import order, subscribe
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser

MINUS: Final = "\N{MINUS SIGN}"
MIA: Final = "mia@example.com"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_from_a_command_in_slack_to_a_code_that_is_refused(
    sandbox: str, width: int, scheme: str
) -> None:
    """Make it, try it, pay with it, see it redeemed, pause it, and be refused."""
    async with chromium() as browser, page_of(browser, width=width, scheme=scheme) as page:
        await _make(page, sandbox)
        await _try(page, sandbox)
        await _pay(page)
        await _see_it_redeemed(page, sandbox)
        await _pause(page, sandbox)
        await _be_refused(page, sandbox)


async def _make(page: Page, sandbox: str) -> None:
    await _say(page, sandbox, "/affiliate code create launch20")
    modal = page.get_by_role("dialog")
    await expect(modal.get_by_label("Code", exact=True)).to_have_value("LAUNCH20")
    await modal.get_by_label("How much").fill("200")
    await modal.get_by_role("button", name="Create").click()
    await expect(modal).to_contain_text("A percentage is from 1 to 100.")
    await modal.get_by_label("How much").fill("20")
    await modal.get_by_label("How much").press("Tab")
    await expect(modal).to_contain_text("20% off the first payment, once per customer.")
    await modal.get_by_label("Uses in all").fill("3")
    await modal.get_by_label("Uses in all").press("Tab")
    await expect(modal).to_contain_text("once per customer, 3 times in all.")
    await modal.get_by_role("button", name="Create").click()
    await expect(modal).to_be_hidden()
    await expect(_card(page)).to_contain_text("LAUNCH20 is made")


async def _try(page: Page, sandbox: str) -> None:
    """Type it on the pricing page, once Stripe has it."""

    async def is_taken() -> bool:
        await page.goto(f"{sandbox}/pricing?code=launch20")
        return await page.get_by_text("20% off your first payment").is_visible()

    await until(is_taken)
    await page.goto(f"{sandbox}/pricing")
    await expect(order(page)).to_contain_text("You pay today$29.00")
    await page.get_by_text("Have a promo code?").click()
    await page.get_by_label("Promo code").fill("launch20")
    await page.get_by_role("button", name="Apply").click()
    await expect(order(page)).to_contain_text(f"{MINUS}$5.80")
    await expect(order(page)).to_contain_text("You pay today$23.20")
    assert await overflow(page) <= 0


async def _pay(page: Page) -> None:
    await page.get_by_label("Email").fill(MIA)
    await page.get_by_role("button", name="Continue to payment").click()
    await subscribe(page, MIA)
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("$23.20")


async def _see_it_redeemed(page: Page, sandbox: str) -> None:
    """In the figures of the App Home, in its list, and on the code's card."""

    async def is_counted() -> bool:
        await page.goto(f"{sandbox}/sandbox/slack/?home=1")
        await page.get_by_role("button", name="Codes").click()
        return await page.get_by_text("1 redemption", exact=True).is_visible()

    await until(is_counted)
    home = page.locator("#stage")
    await expect(home).to_contain_text("1 code, 1 active · 1 redemption · discount given: $5.80")
    await expect(home).to_contain_text("active · 20% off the first payment · 1 of 3 uses")
    await _say(page, sandbox, "/affiliate code show launch20")
    await expect(_card(page)).to_contain_text("Used: 1 of 3 uses; discount given: $5.80")
    await expect(_card(page)).to_contain_text("At Stripe: promo_")


async def _pause(page: Page, sandbox: str) -> None:
    await _card(page).get_by_role("button", name="Pause").click()
    await expect(_card(page)).to_contain_text("LAUNCH20 is paused: customers cannot redeem it.")
    await expect(_card(page).get_by_role("button", name="Activate")).to_be_visible()


async def _be_refused(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/pricing")
    await page.get_by_text("Have a promo code?").click()
    await page.get_by_label("Promo code").fill("launch20")
    await page.get_by_label("Promo code").press("Enter")
    refusal = "Error: LAUNCH20 cannot be used at the moment."
    await expect(page.get_by_text(refusal, exact=True)).to_be_visible()
    await expect(order(page)).to_contain_text("You pay today$29.00")


async def _say(page: Page, sandbox: str, words: str) -> None:
    """Type a command in the operators' channel, as Maria."""
    await page.goto(f"{sandbox}/sandbox/slack/")
    await page.get_by_label(re.compile("^Message #affiliates")).fill(words)
    await page.get_by_role("button", name="Send").click()


def _card(page: Page) -> Locator:
    """The newest message in the channel."""
    return page.get_by_role("log").locator(".message").last
