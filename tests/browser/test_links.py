"""Make a link with a tag, click it, sign up, buy, and see the tag's row move."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.steps import approve_in_slack, invoices, overflow, send_the_form, sign_in
from tests.chromium import chromium, page_of
from tests.waiting import until

pytestmark = pytest.mark.browser

LINKS = "/affiliate/dashboard/links"


async def test_from_a_tagged_link_to_its_row(sandbox: str) -> None:
    """The affiliate makes and keeps a link; a visitor clicks it, signs up and buys."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        link = await _make_a_link(page, sandbox)
        assert link == f"{sandbox}/r/JARED30?to=/pricing&src=youtube-review"

        async with page_of(browser, width=390) as visitor:
            await visitor.goto(link)
            landed = f"{sandbox}/sandbox/product/pricing?ref=JARED30&src=youtube-review"
            await expect(visitor).to_have_url(landed)
            await expect(visitor.get_by_text("You came through JARED30")).to_be_visible()
            await _row(page, sandbox, clicks=1, signups=0, conversions=0, earnings="$0.00")
            await visitor.get_by_label("Mail address").fill("nora@example.com")
            await visitor.get_by_role("button", name="Create account").click()
            await expect(visitor.get_by_text("JARED30 brought them.")).to_be_visible()
            await _row(page, sandbox, clicks=1, signups=1, conversions=0, earnings="$0.00")
            await visitor.goto(f"{sandbox}/sandbox/stripe/")
            await visitor.get_by_label("E-mail").fill("nora@example.com")
            await visitor.get_by_label("Plan").select_option("yearly")
            await visitor.get_by_role("button", name="Buy").click()
            await invoices(visitor, 1)
        await _row(page, sandbox, clicks=1, signups=1, conversions=1, earnings="$54.12")

        await page.goto(f"{sandbox}{LINKS}")
        kept = page.get_by_role("listitem").filter(has_text="Review of May")
        await expect(kept).to_contain_text("$54.12")
        await _delete_and_undo(page)


async def _make_a_link(page: Page, sandbox: str) -> str:
    """Choose page and tag, see the link follow without a reload, and keep it; the link."""
    await page.goto(f"{sandbox}{LINKS}")
    shown = page.locator("#tracked-link")
    await expect(shown).to_have_text(f"{sandbox}/r/JARED30")
    await expect(page.get_by_label("Path or address")).to_be_hidden()
    await page.get_by_label("Where should it lead?").select_option("Another page…")
    await page.get_by_label("Path or address").fill("//evil.example")
    await expect(page.locator("#result")).to_contain_text("Use a plain path")
    await expect(page.get_by_label("Path or address")).to_have_attribute("aria-invalid", "true")
    assert (await Axe().run(page)).violations_count == 0
    await page.get_by_label("Path or address").fill("/blog")
    await expect(shown).to_have_text(f"{sandbox}/r/JARED30?to=/blog")
    await expect(page.locator(".field-error")).to_have_count(0)
    await page.get_by_label("Where should it lead?").select_option("Pricing")
    await page.get_by_label("Source tag").fill("YouTube Review")
    await expect(shown).to_have_text(re.compile("src=youtube-review$"))
    await expect(page.locator(".qr img")).to_have_js_property("complete", value=True)
    drawn = await page.locator(".qr img").evaluate("(image) => image.naturalWidth")
    assert drawn > 0, "the QR code is a picture that the browser can show"
    async with page.expect_download() as download:
        await page.get_by_role("link", name="PNG").click()
    kept = await download.value
    assert kept.suggested_filename == "qr-youtube-review-sandbox-product-pricing.png"
    link = await shown.inner_text()
    await page.get_by_label("Save it as").fill("Review of May")
    await page.get_by_role("button", name="Save link").click()
    await expect(page.get_by_role("heading", name="Review of May")).to_be_visible()
    return link


async def _row(
    page: Page, sandbox: str, *, clicks: int, signups: int, conversions: int, earnings: str
) -> None:
    """Wait until the tag's row says so."""
    row = page.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name="youtube-review", exact=True)
    )

    async def says_so() -> bool:
        await page.goto(f"{sandbox}{LINKS}/performance?span=7")
        if not await row.count():
            return False
        cells = [await cell.inner_text() for cell in await row.get_by_role("cell").all()]
        found = [cells[0], cells[3], cells[4], cells[6]]
        return found == [str(clicks), str(signups), str(conversions), earnings]

    await until(says_so)
    assert (await Axe().run(page)).violations_count == 0
    assert await overflow(page) <= 0


async def _delete_and_undo(page: Page) -> None:
    """A slip of the finger is no loss."""
    await page.get_by_role("button", name="Delete Review of May").click()
    await expect(page.get_by_text("No saved links yet")).to_be_visible()
    assert (await Axe().run(page)).violations_count == 0
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("heading", name="Review of May")).to_be_visible()


async def test_links_are_made_without_any_script(sandbox: str) -> None:
    """The same form, sent the old way."""
    async with chromium() as browser, page_of(browser) as page:
        await send_the_form(page, sandbox)
        await approve_in_slack(page, sandbox)
        await sign_in(page, sandbox)
        cookies = await page.context.cookies()
        context = await browser.new_context(java_script_enabled=False)
        await context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]
        plain = await context.new_page()
        await plain.goto(f"{sandbox}{LINKS}")
        await plain.get_by_label("Where should it lead?").select_option("Another page…")
        await plain.get_by_label("Path or address").fill("blog/my review")
        await plain.get_by_label("Source tag").fill("blog")
        await plain.get_by_role("button", name="Make link").click()
        wanted = f"{sandbox}/r/JARED30?to=/blog/my%2520review&src=blog"
        await expect(plain.locator("#tracked-link")).to_have_text(wanted)
        await plain.goto(wanted)
        await expect(plain).to_have_url(re.compile(r"/product/blog/my%20review\?ref=JARED30"))
        await context.close()
