"""What a person does in the sandbox, step by step, in the browser."""

import re

from playwright.async_api import Page, expect

from tests.waiting import until


async def send_the_form(page: Page, sandbox: str) -> None:
    """Send the application that is filled in already."""
    await page.goto(f"{sandbox}/sandbox/tally/")
    await page.get_by_role("button", name=re.compile("^Send")).click()
    await expect(page.get_by_text("200").first).to_be_visible()


async def approve_in_slack(page: Page, sandbox: str) -> None:
    """Approve it as Maria, with the code that is proposed."""
    await page.goto(f"{sandbox}/sandbox/slack/")
    await page.get_by_role("button", name="Approve", exact=True).click()
    modal = page.get_by_role("dialog")
    await expect(modal.get_by_label("Promo code")).to_have_value("JARED30")
    await modal.get_by_role("button", name="Approve", exact=True).click()
    await expect(page.get_by_text("Approved by @maria")).to_be_visible()


async def sign_in(page: Page, sandbox: str) -> None:
    """Ask for a link as the new affiliate, and follow it from the mailbox."""
    await page.goto(f"{sandbox}/affiliate")
    form = page.locator("form[action='/affiliate/sign-in']").first
    await form.locator("input[type=email]").fill("jared@example.com")
    await form.get_by_role("button").click()
    await expect(page.get_by_text("jared@example.com").first).to_be_visible()
    await page.goto(f"{sandbox}/sandbox/mail/")
    letter = page.get_by_role("link", name=re.compile("sign-in", re.IGNORECASE)).first

    async def has_come() -> bool:
        await page.reload()
        return await letter.is_visible()

    await until(has_come)
    await letter.click()
    await page.frame_locator("iframe").get_by_role("link", name=re.compile("Sign in")).first.click()
    await page.get_by_role("button", name=re.compile("Sign in")).click()
    await expect(page).to_have_url(f"{sandbox}/affiliate/dashboard")


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    width: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
