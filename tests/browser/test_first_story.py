"""The first story as a person tries it: from the form to the unlocked dashboard."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.chromium import chromium, page_of
from tests.server import Server
from tests.standing import free_port
from tests.waiting import until

pytestmark = pytest.mark.browser

SIZES = [(1280, "light"), (390, "dark")]


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[str]:
    """`affiliate-desk sandbox`, as `make run` starts it; its address."""
    port = free_port()
    server = Server(port, tmp_path, "sandbox", "--port", str(port), "--folder", str(tmp_path / "s"))
    await server.start()
    yield server.url
    assert await server.stop() == 0


@pytest.mark.parametrize(("width", "scheme"), SIZES)
async def test_from_the_form_to_the_dashboard(sandbox: str, width: int, scheme: str) -> None:
    """Send the form, approve in Slack, read the mail, sign in, see the code."""
    async with chromium() as browser, page_of(browser, width=width, scheme=scheme) as page:
        await page.goto(sandbox)
        await expect(page).to_have_url(f"{sandbox}/sandbox/")
        await _send_the_form(page, sandbox)
        await _approve_in_slack(page, sandbox)
        await _read_the_mail(page, sandbox)
        await _sign_in(page, sandbox)
        await expect(page).to_have_url(f"{sandbox}/affiliate/dashboard")
        await expect(page.get_by_text("JARED30", exact=True).first).to_be_visible()
        await expect(page.get_by_role("progressbar")).to_have_attribute("max", "2500")
        await expect(page.get_by_text("No referrals yet")).to_be_visible()
        assert await _overflow(page) <= 0


async def _send_the_form(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/sandbox/tally/")
    await page.get_by_role("button", name=re.compile("^Send")).click()
    await expect(page.get_by_text("200").first).to_be_visible()


async def _approve_in_slack(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/sandbox/slack/")
    await page.get_by_role("button", name="Approve", exact=True).click()
    modal = page.get_by_role("dialog")
    await expect(modal.get_by_label("Promo code")).to_have_value("JARED30")
    await modal.get_by_role("button", name="Approve", exact=True).click()
    await expect(page.get_by_text("Approved by @maria")).to_be_visible()


async def _read_the_mail(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/sandbox/mail/")
    await page.get_by_role("link", name=re.compile("You are in")).click()
    letter = page.frame_locator("iframe")
    await expect(letter.get_by_text("30% off the first purchase")).to_be_visible()
    await expect(letter.get_by_text("first two successful billing cycles")).to_be_visible()


async def _sign_in(page: Page, sandbox: str) -> None:
    await page.goto(f"{sandbox}/affiliate")
    form = page.locator("form[action='/affiliate/sign-in']").first
    await form.locator("input[type=email]").fill("jared@example.com")
    await form.get_by_role("button").click()
    await expect(page.get_by_text("jared@example.com").first).to_be_visible()
    await page.goto(f"{sandbox}/sandbox/mail/")
    link = page.get_by_role("link", name=re.compile("sign-in", re.IGNORECASE)).first

    async def has_come() -> bool:
        await page.reload()
        return await link.is_visible()

    await until(has_come)
    await link.click()
    letter = page.frame_locator("iframe")
    await letter.get_by_role("link", name=re.compile("Sign in")).first.click()
    await page.get_by_role("button", name=re.compile("Sign in")).click()


async def _overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    width: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
