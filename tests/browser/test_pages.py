"""Every page of the dashboard, as those see it who need contrast, a small screen or a reader."""

from collections.abc import Sequence
from itertools import product
from typing import Final

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.steps import (
    approve_in_slack,
    ask_for_the_payout,
    buy,
    fill_in_the_tax_form,
    let_the_hold_pass,
    overflow,
    refund_half_of_the_first,
    renew_twice,
    send_the_form,
    sign_in,
)
from tests.chromium import chromium, page_of

pytestmark = pytest.mark.browser

VISITOR: Final = ("/affiliate", "/affiliate/sign-in")
DASHBOARD: Final = "/affiliate/dashboard"
MONEY: Final = (
    DASHBOARD,
    f"{DASHBOARD}/leaderboard",
    f"{DASHBOARD}/links",
    f"{DASHBOARD}/links/performance",
    f"{DASHBOARD}/landing",
    f"{DASHBOARD}/resources",
    f"{DASHBOARD}/promo",
    f"{DASHBOARD}/earnings",
    f"{DASHBOARD}/earnings/statement",
    f"{DASHBOARD}/payouts",
    f"{DASHBOARD}/settings",
    f"{DASHBOARD}/settings/data",
    "/privacy",
    f"{DASHBOARD}/tax",
    f"{DASHBOARD}/tax?us=yes&holder=individual&country=US",
    f"{DASHBOARD}/tax?us=no&holder=entity&country=DE",
)
QUESTION: Final = f"{DASHBOARD}/payouts/request?currency=usd"


async def test_pages_can_be_used_by_everybody(sandbox: str) -> None:
    """No finding of axe-core and no sideways scrolling: empty, with money, and while it is paid."""
    async with chromium() as browser, page_of(browser) as page:
        await _look_at(page, sandbox, VISITOR)
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await _look_at(page, sandbox, MONEY)
        await buy(page, sandbox)
        await renew_twice(page, sandbox)
        await refund_half_of_the_first(page, sandbox)
        await let_the_hold_pass(page, sandbox)
        await sign_in(page, sandbox)
        await fill_in_the_tax_form(page, sandbox)
        await _look_at(page, sandbox, (*MONEY, QUESTION))
        await ask_for_the_payout(page, sandbox)
        await _look_at(page, sandbox, MONEY)


async def _look_at(page: Page, sandbox: str, paths: Sequence[str]) -> None:
    """Look at these pages on a phone and on a desk, in light and dark."""
    schemes = ("light", "dark")
    for path, width, scheme in product(paths, (390, 1280), schemes):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        answer = await page.goto(f"{sandbox}{path}")
        assert answer is not None
        assert (answer.status, page.url) == (200, f"{sandbox}{path}")
        found = await Axe().run(page)
        where = f"{path}, {width} px wide, {scheme}"
        assert found.violations_count == 0, f"{where}:\n{found.generate_report()}"
        assert await overflow(page) <= 0, where
        if path.startswith(DASHBOARD):
            await expect(page.locator(".site-nav [aria-current]")).to_be_in_viewport(ratio=1)
    await page.set_viewport_size({"width": 1280, "height": 900})
