"""Stylesheet, script and mark, as browsers get them."""

import re

import pytest

from tests.dashboard.desk import Browser


async def test_a_page_asks_for_files_that_may_be_kept(browser: Browser) -> None:
    """Each address on the page answers with the right type and may be kept for ever."""
    page = await browser.get("/affiliate")
    addresses = re.findall(r"/affiliate/static/[^\"]+", page.html)
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assert len(addresses) == 3
    for address in addresses:
        file = await browser.get(address)
        assert file.status == 200
        kind = types[address.split("?")[0].rsplit(".")[-1]]
        assert file.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert file.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert file.cookies == []


@pytest.mark.parametrize("version", ["", "?v=older"])
async def test_another_version_is_asked_for_again(browser: Browser, version: str) -> None:
    """What is kept under an old address must not outlive the next release."""
    file = await browser.get(f"/affiliate/static/desk.css{version}")
    assert file.headers["Cache-Control"] == "public, no-cache"
    again = await browser.get(
        f"/affiliate/static/desk.css{version}", {"If-None-Match": file.headers["ETag"]}
    )
    assert (again.status, again.html) == (304, "")


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fapp.py", "%2e%2e/app.py"])
async def test_no_other_file_is_served(browser: Browser, name: str) -> None:
    """Least of all one from outside the folder."""
    assert (await browser.get(f"/affiliate/static/{name}")).status == 404
