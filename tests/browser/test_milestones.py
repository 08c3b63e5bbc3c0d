"""A bonus as the people see it: made in Slack, filled by purchases, reached before one's eyes."""

import pytest
from playwright.async_api import expect

from tests.browser.steps import (
    approve_in_slack,
    buy_as,
    send_the_form,
    sign_in,
)
from tests.chromium import chromium, page_of

pytestmark = pytest.mark.browser


async def test_the_bar_fills_and_the_bonus_comes_without_a_reload(sandbox: str) -> None:
    """Three customers of a new affiliate, seen from the dashboard, the mailbox and Slack."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        shop = await page.context.new_page()
        card = page.get_by_role("region", name="Milestones")
        await expect(card).to_contain_text("First three, $25.00")
        await expect(card).to_contain_text("0 of 3 converted referrals, 3 to go")
        for number, words in ((1, "1 of 3 converted"), (2, "2 of 3 converted")):
            await buy_as(shop, sandbox, number)
            await expect(card).to_contain_text(words, timeout=15_000)
        await buy_as(shop, sandbox, 3)
        await expect(card).to_contain_text("Next: Ten and counting, $100.00", timeout=15_000)
        await expect(card).to_contain_text("on hold until")
        await expect(page.locator("#announcer")).to_contain_text(
            "Milestone First three reached: $25.00."
        )
        await shop.goto(f"{sandbox}/sandbox/mail/")
        await expect(shop.get_by_text("$25.00 for your milestone First three")).to_be_visible()
        await shop.goto(f"{sandbox}/sandbox/slack/")
        await expect(shop.get_by_text("reached the milestone First three")).to_be_visible()
        await page.goto(f"{sandbox}/affiliate/dashboard/earnings/statement")
        await expect(page.get_by_text("Milestone bonus")).to_be_visible()
