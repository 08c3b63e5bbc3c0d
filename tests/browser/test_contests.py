"""A contest as the people see it: made in Slack, led by a purchase, won after a month."""

import os
import re
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.steps import (
    approve_in_slack,
    buy,
    let_the_hold_pass,
    make_contest,
    overflow,
    send_the_form,
    sign_in,
)
from tests.chromium import chromium, page_of

pytestmark = pytest.mark.browser

COUNTING: Final = re.compile(r"Ends in 3[01] days \d\d:\d\d:\d\d")


async def test_a_contest_from_the_first_word_to_the_prize(sandbox: str) -> None:
    """Counting down on the dashboard, led without a reload, proposed, confirmed, and paid."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await make_contest(page, sandbox)
        await sign_in(page, sandbox)
        banner = page.locator("[data-live=contest]")
        await expect(banner).to_contain_text("Contest, on now")
        await expect(banner.get_by_role("timer")).to_have_text(COUNTING)
        await expect(banner).to_contain_text("Your place: none yet")
        shop = await page.context.new_page()
        await buy(shop, sandbox)
        await expect(banner).to_contain_text("Your place: #1 of 1", timeout=15_000)
        await expect(banner).to_contain_text("1 referral")
        await expect(banner.get_by_role("timer")).to_have_text(COUNTING)
        found = await Axe().run(page)
        assert found.response["violations"] == []
        for width in (390, 1280):
            for scheme in ("light", "dark"):
                await page.set_viewport_size({"width": width, "height": 900})
                await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                assert await overflow(page) == 0
                await keep(page, f"banner-{width}-{scheme}")

        for _ in range(2):
            await let_the_hold_pass(shop, sandbox)
        await shop.goto(f"{sandbox}/sandbox/slack/")
        await expect(shop.get_by_text("Winter race is over").first).to_be_visible()
        await expect(shop.get_by_text("Proposed winner").first).to_be_visible()
        await keep(shop, "slack-card")
        await shop.get_by_role("button", name="Confirm winner").last.click()
        modal = shop.get_by_role("dialog")
        await expect(modal).to_contain_text("$500.00 go into their balance at once")
        await keep(shop, "slack-confirm")
        await modal.get_by_role("button", name="Confirm winner").click()
        await expect(shop.get_by_text("has won the contest Winter race").first).to_be_visible()
        await expect(shop.get_by_text("Winter race is won").first).to_be_visible()
        await keep(shop, "slack-won")
        await shop.goto(f"{sandbox}/sandbox/mail/")
        await expect(shop.get_by_text("You have won: Winter race")).to_be_visible()
        await sign_in(page, sandbox)
        await expect(banner).to_contain_text("You have won. Congratulations!")
        await keep(page, "won-1280-light")
        await page.goto(f"{sandbox}/affiliate/dashboard/earnings/statement")
        await expect(page.get_by_text("Contest prize")).to_be_visible()


async def keep(page: Page, name: str) -> None:
    """Keep a picture for people who want to look, where CONTEST_PICTURES names a folder."""
    folder = os.environ.get("CONTEST_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
