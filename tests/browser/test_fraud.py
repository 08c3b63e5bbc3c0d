"""A cheat, from the product's page to the card, the review, the appeal and the answer."""

import re

import pytest
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.browser.steps import approve_in_slack, send_the_form, sign_in
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser


async def test_a_cheat_is_paused_appeals_and_is_restored(sandbox: str) -> None:
    """Two presses lead to the card; the affiliate is told fairly, and is heard."""
    async with chromium() as browser, page_of(browser) as page:
        await _cheat(page, sandbox)


async def _cheat(page: Page, sandbox: str) -> None:
    await send_the_form(page, sandbox)
    await approve_in_slack(page, sandbox)
    await sign_in(page, sandbox)
    slack = await page.context.new_page()
    await page.goto(f"{sandbox}/sandbox/product/?ref=JARED30")
    await page.get_by_role("button", name="Cheat: sign up with throwaway addresses").click()
    await expect(page.get_by_text("24 people who do not exist")).to_be_visible()
    await slack.goto(f"{sandbox}/sandbox/slack/")
    await expect(slack.get_by_text("Fraud score 85 of 100")).to_be_visible()

    async def paused() -> bool:
        await page.goto(f"{sandbox}/affiliate")
        return await page.get_by_text("Your account is paused").is_visible()

    await until(paused)
    await page.get_by_role("link", name="What was noticed, and how to appeal").click()
    await expect(page.get_by_text("Being looked at")).to_be_visible()
    await page.get_by_label("Your appeal").fill("My class of 24 signed up together.")
    await page.get_by_role("button", name="Send appeal").click()
    await expect(page.get_by_text("answers by mail")).to_be_visible()

    await slack.goto(f"{sandbox}/sandbox/slack/")
    card = slack.get_by_role("article").filter(has_text="Fraud score 85 of 100").first
    modal = slack.get_by_role("dialog")

    async def asked() -> bool:
        # A card that is drawn anew at this moment, for the appeal, takes no press.
        await card.get_by_role("button", name="Restore", exact=True).click()
        try:
            await modal.wait_for(timeout=5000)
        except PlaywrightTimeout:
            return False
        return True

    await until(asked, 30)
    await modal.get_by_role("textbox").fill("It was a class.")
    await modal.get_by_role("button", name="Restore", exact=True).click()
    await expect(slack.get_by_text(re.compile("Restored by @maria"))).to_be_visible()
    await page.goto(f"{sandbox}/affiliate")
    await expect(page).to_have_url(f"{sandbox}/affiliate/dashboard")
