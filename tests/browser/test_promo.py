"""A post from the first press to PassivePost, with script and without."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.steps import approve_in_slack, send_the_form, sign_in
from tests.chromium import chromium, page_of

pytestmark = pytest.mark.browser

POSTS = "/affiliate/dashboard/promo"


async def generate(page: Page, sandbox: str, channel: str) -> None:
    """Ask for a post."""
    await page.goto(f"{sandbox}{POSTS}")
    await page.get_by_label("Where do you post?").select_option(channel)
    await page.get_by_label("How should it sound?").select_option("playful")
    await page.get_by_role("button", name="Generate promo post").click()
    await expect(page.get_by_role("heading", name="Before you publish")).to_be_visible()


async def test_a_post_is_checked_while_it_is_typed_and_published(sandbox: str) -> None:
    """The check follows the words; what breaks a rule cannot be published; what does not, is."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await generate(page, sandbox, "x")
        text = page.get_by_role("textbox", name="Text")
        good = await text.input_value()
        publish = page.get_by_role("button", name="Publish now")
        await expect(publish).to_be_visible()
        await text.fill("Guaranteed profit!" + "a" * 300)
        await expect(page.get_by_text("318 of 280 characters, 38 too many")).to_be_visible()
        await expect(page.get_by_text("Leave out “guarantee”")).to_be_visible()
        await expect(publish).to_have_count(0)
        await text.fill(f"Look! {good}")
        await expect(publish).to_be_visible()
        await publish.click()
        await expect(page.get_by_text("Your post is on its way.")).to_be_visible()
        await page.goto(f"{sandbox}/sandbox/passivepost/")
        await expect(page.get_by_text("Look!")).to_be_visible()

        await page.goto(f"{sandbox}/sandbox/model/")
        await page.get_by_label("Behaviour").select_option("nonsense")
        await page.get_by_role("button", name="Set").click()
        state = await page.context.storage_state()
        async with await browser.new_context(
            storage_state=state, java_script_enabled=False
        ) as plain:
            other = await plain.new_page()
            await generate(other, sandbox, "newsletter")
            await expect(other.get_by_text("one of our own texts")).to_be_visible()
            await other.get_by_role("textbox", name="Text").fill("Act now!")
            await other.get_by_role("button", name="Check").click()
            await expect(other.get_by_text("Leave out “act now”")).to_be_visible()
            await other.get_by_role("button", name="Save draft").click()
            await expect(other.get_by_text("Saved. You find it")).to_be_visible()
