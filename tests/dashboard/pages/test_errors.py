"""Whatever goes wrong, as a page that says what to do."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dashboard.pages import application_form
from domain import sessions
from storage.db import Database
from tests.dashboard.desk import Browser, Desk, make_settings


async def test_a_page_that_does_not_exist(browser: Browser) -> None:
    """Its address is not repeated, and there is a way on."""
    page = await browser.get("/affiliate/<script>alert(1)</script>")
    assert page.status == 404
    assert "There is nothing here" in page.words
    assert "<script>alert" not in page.html
    assert "/affiliate" in [given.get("href") for _, given in page.tags]


async def test_a_method_that_does_not_work(browser: Browser) -> None:
    """The answer names those that do."""
    page = await browser.get("/affiliate/sign-out")
    assert page.status == 405
    assert page.headers["Allow"] == "POST"
    assert "That does not work here" in page.words


async def test_what_nobody_foresaw(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor gets a reference and no inner word; the log has both."""

    def break_down(_email: str = "") -> None:
        raise RuntimeError("the inner word")

    monkeypatch.setattr(application_form, "blank", break_down)
    with capture_logs() as lines:
        page = await browser.get("/affiliate")
    assert page.status == 500
    assert "Something broke on our side" in page.words
    assert "the inner word" not in page.html
    reference = page.html.split("<code>")[1].split("</code>")[0]
    assert len(reference) == 32
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("page_failed", "error")
    assert str(line["exc_info"]) == "the inner word"
    assert line["route"] == "/affiliate"


async def test_a_token_is_not_logged(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the address of a mailed link signs people in, also after a failure."""

    def break_down(_key: str, _token: str) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(sessions, "read_sign_in_token", break_down)
    with capture_logs() as lines:
        assert (await browser.get("/affiliate/sign-in/the-token")).status == 500
    assert lines[0]["route"] == "/affiliate/sign-in/{token}"
    assert "the-token" not in repr(lines)


async def test_a_database_without_its_tables(tmp_path: Path) -> None:
    """Even then there is a page that says so."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    async with Desk(database, make_settings()).running() as desk, desk.browser() as browser:
        page = await browser.get("/affiliate")
        assert page.status == 500
        assert "Something broke on our side" in page.words
    await database.close()
