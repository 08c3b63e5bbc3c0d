"""What stands around every page."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from dashboard.app import DashboardContext, add_routes
from dashboard.csrf import csrf_token
from storage.db import Database
from tests.dashboard.desk import Browser, Desk, make_settings

MIA = "mia@example.com"
SIGN_IN = "/affiliate/sign-in"


@pytest.fixture
async def https(sqlite: Database) -> AsyncIterator[Desk]:
    """The dashboard, as it is behind HTTPS."""
    settings = make_settings(public_url="https://desk.example")
    async with Desk(sqlite, settings).running() as desk:
        yield desk


@pytest.mark.parametrize(
    "path", ["/affiliate", "/affiliate/sign-in", "/affiliate/nowhere", "/affiliate/dashboard"]
)
async def test_every_answer_has_strict_headers(browser: Browser, path: str) -> None:
    """Pages, redirects and errors alike."""
    page = await browser.get(path, follow=False)
    policy = page.headers["Content-Security-Policy"]
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in page.headers["Permissions-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in page.headers


async def test_behind_https_browsers_are_told_to_stay_there(https: Desk) -> None:
    """Only there: over plain HTTP the header would mean nothing."""
    async with https.browser() as browser:
        page = await browser.get("/affiliate")
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_cookies_are_out_of_reach(desk: Desk, https: Desk) -> None:
    """No script reads them, no other site sends them; with HTTPS, nothing else gets them."""
    async with desk.browser() as browser:
        (plain,) = (await browser.get("/affiliate")).cookies
    async with https.browser() as browser:
        (secure,) = (await browser.get("/affiliate")).cookies
    for cookie in (plain, secure):
        assert re.search(r"; HttpOnly\b", cookie)
        assert re.search(r"; SameSite=Lax\b", cookie)
        assert re.search(r"; Path=/(;|$)", cookie)
        assert "Domain" not in cookie
    assert plain.startswith("desk_visitor=")
    assert "Secure" not in plain
    assert secure.startswith("__Host-desk_visitor=")
    assert re.search(r"; Secure\b", secure)


@pytest.mark.parametrize("noun", ["visitor", "session"])
async def test_a_broken_cookie_is_no_cookie(desk: Desk, noun: str) -> None:
    """Bytes that are no text at all count as a browser that was never here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.server.port)
    writer.write(b"GET /affiliate HTTP/1.1\r\nHost: desk\r\nConnection: close\r\n")
    writer.write(f"Cookie: desk_{noun}=".encode() + b"\xff\xfe\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"Set-Cookie: desk_visitor=" in answer


async def test_a_form_without_its_token_is_refused(desk: Desk, browser: Browser) -> None:
    """Missing, made up, or another visitor's: the page says what to do, and nothing happens."""
    form = (await browser.get(SIGN_IN)).forms[SIGN_IN] | {"email": MIA}
    async with desk.browser() as other:
        foreign = (await other.get(SIGN_IN)).forms[SIGN_IN]["csrf"]
    for token in ("", "0" * 64, "é", foreign, csrf_token("another key", "")):
        page = await browser.post(SIGN_IN, form | {"csrf": token})
        assert page.status == 419
        assert "This form went stale" in page.words
    del form["csrf"]
    assert (await browser.post(SIGN_IN, form)).status == 419
    assert await desk.effects("mail") == []


async def test_a_browser_that_was_never_here_cannot_post(desk: Desk, browser: Browser) -> None:
    """Without a cookie of ours there is nothing that a token could be bound to."""
    form = {"email": MIA, "csrf": csrf_token(desk.settings.secret_key.get_secret_value(), "")}
    assert (await browser.post(SIGN_IN, form)).status == 419


async def test_a_token_ends_with_its_session(desk: Desk, browser: Browser) -> None:
    """A page from before signing in cannot act for who is signed in now."""
    before = (await browser.get(SIGN_IN)).forms[SIGN_IN]["csrf"]
    await desk.signed_in(browser, MIA)
    page = await browser.post("/affiliate/sign-out", {"csrf": before, "scope": "all"})
    assert page.status == 419
    assert MIA in (await browser.get("/affiliate")).words


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_form_of_another_site_is_refused(
    desk: Desk, browser: Browser, headers: dict[str, str]
) -> None:
    """Even with the right token."""
    form = (await browser.get(SIGN_IN)).forms[SIGN_IN] | {"email": MIA}
    page = await browser.post(SIGN_IN, form, headers)
    assert page.status == 403
    assert "This form was sent from another site." in page.words
    assert await desk.effects("mail") == []


async def test_a_form_of_our_own_is_taken(desk: Desk, browser: Browser) -> None:
    """With the headers that browsers add to it."""
    form = (await browser.get(SIGN_IN)).forms[SIGN_IN] | {"email": MIA}
    own = {"Origin": str(desk.server.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
    assert (await browser.post(SIGN_IN, form, own)).status == 200


async def test_behind_a_proxy_the_public_address_counts(https: Desk) -> None:
    """The proxy may talk to us by another name than browsers do."""
    async with https.browser() as browser:
        page = await browser.post(SIGN_IN, {}, {"Origin": "https://desk.example"})
    assert page.status == 419


async def test_too_large_a_form_is_refused(browser: Browser) -> None:
    """With a page that says so; a little less is read."""
    form = (await browser.get(SIGN_IN)).forms[SIGN_IN]
    page = await browser.post(SIGN_IN, form | {"email": "x" * 70_000})
    assert page.status == 413
    assert "That was too large" in page.words
    assert (await browser.post(SIGN_IN, form | {"email": "x" * 60_000})).status == 422


async def test_too_many_fields_are_refused(browser: Browser) -> None:
    """A thousand empty fields are no form of ours."""
    page = await browser.post(SIGN_IN, {f"f{number}": "" for number in range(1000)})
    assert page.status == 400
    assert "We could not read that" in page.words


async def test_a_body_that_is_no_form_is_refused(browser: Browser) -> None:
    """JSON, for one."""
    page = await browser.post(SIGN_IN, {}, {"Content-Type": "application/json"})
    assert page.status == 415
    assert "This is no form of this page" in page.words


async def test_bytes_that_are_no_text_are_no_failure(browser: Browser) -> None:
    """Broken UTF-8 is read as well as it can be."""
    page = await browser.get(SIGN_IN)
    token = page.forms[SIGN_IN]["csrf"]
    response = await browser.client.post(
        SIGN_IN,
        data=f"csrf={token}&email=%FF%FE\xff".encode("latin-1"),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.status == 422


async def test_without_a_secret_key_there_is_no_dashboard(sqlite: Database) -> None:
    """It would be open to anybody who can compute a hash."""
    context = DashboardContext(sqlite, make_settings(secret_key=""), None)
    with pytest.raises(ValueError, match="SECRET_KEY"):
        add_routes(web.Application(), context)
