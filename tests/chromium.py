"""A real Chromium for tests that look at pages."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATH = next((path for name in _NAMES if (path := shutil.which(name))), None)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running Chromium; the test is skipped where none is installed.

    With REQUIRE_BROWSER set, as in CI, a missing one is a failure instead.
    """
    if _PATH is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set, and no Chromium is installed")
        pytest.skip("no Chromium is installed, so no page was looked at")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_PATH, args=_ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def page_of(
    browser: Browser, *, width: int = 1280, scheme: str = "light"
) -> AsyncIterator[Page]:
    """A page of this width and colour scheme; any error of its scripts fails the test."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    await context.close()
    assert errors == []
