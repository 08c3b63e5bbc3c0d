"""The first story as a person tries it: from the form to the unlocked dashboard."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.steps import approve_in_slack, overflow, send_the_form, sign_in
from tests.chromium import chromium, page_of

pytestmark = pytest.mark.browser

SIZES = [(1280, "light"), (390, "dark")]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
async def test_from_the_form_to_the_dashboard(sandbox: str, width: int, scheme: str) -> None:
    """Send the form, approve in Slack, read the mail, sign in, see the code."""
    async with chromium() as browser, page_of(browser, width=width, scheme=scheme) as page:
        await page.goto(sandbox)
        await expect(page).to_have_url(f"{sandbox}/sandbox/")
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await _read_the_mail(page, sandbox)
        await sign_in(page, sandbox)
        await expect(page.get_by_text("JARED30", exact=True).first).to_be_visible()
        bar = page.get_by_role("progressbar", name="Balance on the way to a payout")
        await expect(bar).to_have_attribute("max", "2500")
        await expect(page.get_by_text("No referrals yet")).to_be_visible()
        assert await overflow(page) <= 0


async def _read_the_mail(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/sandbox/mail/")
    await page.get_by_role("link", name=re.compile("You are in")).click()
    letter = page.frame_locator("iframe")
    await expect(letter.get_by_text("30% off the first purchase")).to_be_visible()
    await expect(letter.get_by_text("first two successful billing cycles")).to_be_visible()
