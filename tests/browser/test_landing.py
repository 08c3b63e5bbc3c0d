"""The partner page as a person makes it: written, seen while it is written, opened, bought by."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.browser.steps import approve_in_slack, send_the_form, sign_in
from tests.chromium import chromium, page_of
from tests.pictures import picture

pytestmark = pytest.mark.browser

EDITOR = "/affiliate/dashboard/landing"
PUBLIC = "/partner/jared-props"


async def test_from_the_editor_to_a_purchase(sandbox: str, tmp_path: Path) -> None:
    """Write a page, see it change, publish it, open it, and go on to buy with its code."""
    photo = tmp_path / "me.jpg"
    photo.write_bytes(picture())
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        await _write(page, sandbox, photo)
        await _look(browser, sandbox)

        await page.goto(f"{sandbox}{PUBLIC}")
        await expect(page.get_by_role("heading", level=1)).to_have_text("The tool I open first")
        await expect(page.get_by_text("I am an affiliate of PropMine")).to_be_visible()
        await page.get_by_role("link", name="See what it costs").click()
        await expect(page).to_have_url(re.compile(r"[?&]ref=JARED30"))
        await expect(page).to_have_url(re.compile(r"src=partner-page"))
        await expect(page).to_have_url(re.compile(r"code=JARED30"))
        await _buy(page)

        await page.goto(f"{sandbox}/affiliate/dashboard/earnings")
        await expect(page.get_by_text("cycle 1")).to_be_visible()
        await page.goto(f"{sandbox}{EDITOR}")
        await expect(page.locator(".landing-views .figure").first).not_to_have_text("0")
        for width in (390, 1280):
            await page.set_viewport_size({"width": width, "height": 900})
            await sound(page, width)
        await _take_down(page, sandbox)


async def _take_down(page: Page, sandbox: str) -> None:
    """An operator takes the page down, with a usual reason; then nobody sees it."""
    await page.goto(f"{sandbox}/sandbox/slack/")
    await expect(page.get_by_text("Partner page of").first).to_be_visible()
    await page.get_by_role("button", name="Take down").click()
    modal = page.get_by_role("dialog")
    await modal.get_by_role("textbox", name="Reason").fill("The photo shows somebody else.")
    await modal.get_by_role("button", name="Take down").click()
    await expect(page.get_by_role("button", name="Put back")).to_be_visible()
    await page.goto(f"{sandbox}{PUBLIC}")
    await expect(page.get_by_text("This page is not here")).to_be_visible()
    await page.goto(f"{sandbox}{EDITOR}")
    await expect(page.get_by_text("The photo shows somebody else.")).to_be_visible()


async def _write(page: Page, sandbox: str, photo: Path) -> None:
    """Fill in the form; the preview follows before anything is saved."""
    await page.goto(f"{sandbox}{EDITOR}")
    preview = page.frame_locator("[data-preview]")
    await page.get_by_label("Headline").fill("The tool I open first")
    await expect(preview.get_by_text("The tool I open first")).to_be_attached()
    await page.get_by_label("About you").fill("One <b>bold</b> line.\n\nTwo.")
    await expect(preview.locator("[data-live=bio] p")).to_have_text(
        ["One <b>bold</b> line.", "Two."]
    )
    await page.get_by_label("Words on the button").fill("See what it costs")
    await expect(preview.locator("[data-live=cta]")).to_have_text("See what it costs")
    await page.get_by_label("Color").fill("#ffd400")
    sheet = preview.locator("link[data-live=color]")
    await expect(sheet).to_have_attribute("href", re.compile("theme-ffd400"))
    await page.get_by_label("Photo", exact=False).first.set_input_files(photo)
    await expect(preview.locator("img.face")).to_have_attribute("src", re.compile("^blob:"))
    await page.get_by_label("End of its address").fill("jared-props")
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text("Your page is published")).to_be_visible()
    await expect(preview.locator("img.face")).to_have_attribute("src", re.compile("photo-"))


async def _look(browser: Browser, sandbox: str) -> None:
    """No finding of axe-core on the page, in both schemes, by phone and desk; and no script."""
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            async with page_of(browser, width=width, scheme=scheme) as page:
                for path in (PUBLIC, "/partner/nobody"):
                    await page.goto(f"{sandbox}{path}")
                    await sound(page, width)
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{sandbox}{PUBLIC}")
    await expect(page.get_by_text("JARED30")).to_be_visible()
    await expect(page.get_by_role("button")).to_have_count(0)
    await expect(page.get_by_role("link", name="See what it costs")).to_be_visible()
    await context.close()


async def sound(page: Page, width: int) -> None:
    """Nothing that axe-core finds, and nothing to scroll sideways."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def _buy(page: Page) -> None:
    """On the pricing page, where the code is in its field already, and at the provider."""
    await expect(page.locator("input[name=code]")).to_have_value("JARED30")
    await page.get_by_label("Email").fill("fan@example.net")
    await page.get_by_role("button", name="Continue to payment").click()
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
