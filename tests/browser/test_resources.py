"""A banner's way: from a file in Slack's form to an affiliate's page, without a script there."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.asset_builders import picture
from tests.browser.steps import approve_in_slack, send_the_form, sign_in
from tests.chromium import chromium, page_of

pytestmark = pytest.mark.browser


async def test_a_banner_is_shown_and_downloaded(sandbox: str, tmp_path: Path) -> None:
    """An operator attaches it; the affiliate sees it, with a code in its title, and takes it."""
    banner = tmp_path / "banner.png"
    banner.write_bytes(picture(size=(300, 100)))
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await page.goto(f"{sandbox}/sandbox/slack/")
        await page.locator("#composer input").fill("/affiliate resources banner")
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Add resource").last.click()
        form = page.locator("dialog.modal")
        await form.get_by_label("Title").fill("Banner for {code}")
        await form.locator("input[type=file]").set_input_files(str(banner))
        await form.get_by_role("button", name="Save").click()
        await page.get_by_text("is saved as version 1").first.wait_for()

        await sign_in(page, sandbox)
        await page.goto(f"{sandbox}/affiliate/dashboard/resources?type=banner")
        await page.get_by_role("heading", name="Banner for JARED30").wait_for()
        image = page.locator(".resource-picture img")
        await image.scroll_into_view_if_needed()
        await expect(image).to_have_js_property("naturalWidth", 300)
        async with page.expect_download() as saved:
            await page.locator(".attached a").click()
        assert (await saved.value).suggested_filename == "banner.png"
