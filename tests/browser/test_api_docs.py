"""The page of the API, as those see it who need contrast, a small screen or a reader."""

from itertools import product

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.browser.steps import overflow
from tests.chromium import chromium, page_of
from tests.whole import running, whole_settings

pytestmark = pytest.mark.browser


async def test_the_page_of_the_api_can_be_used_by_everybody(sqlite_url: str) -> None:
    """No finding of axe-core and no sideways scrolling, with some of it unfolded."""
    async with (
        running(whole_settings(sqlite_url)) as whole,
        chromium() as browser,
        page_of(browser) as page,
    ):
        await page.goto(str(whole.client.make_url("/api/docs")))
        for summary in (await page.query_selector_all(".operation > summary"))[::6]:
            await summary.click()
        for width, scheme in product((390, 1280), ("light", "dark")):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            found = await Axe().run(page)
            where = f"{width} px wide, {scheme}"
            assert found.violations_count == 0, f"{where}:\n{found.generate_report()}"
            assert await overflow(page) <= 0, where
