"""The shared look of the stand-ins: one bar, one stylesheet, nothing from elsewhere."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, make_mocked_request
from pytest_aiohttp import AiohttpClient

import clock
from sandbox.calendar import Calendar
from sandbox.pages import PLACES, own_pages_only, render, start_app
from sandbox.store import Store


@pytest.fixture
async def client(aiohttp_client: AiohttpClient) -> AsyncIterator[TestClient[Any, Any]]:
    """Somebody at the start page; the clock is right again afterwards."""
    app = web.Application()
    app.add_subapp("/sandbox/", start_app(Calendar(Store())))
    yield await aiohttp_client(app)
    clock.run_ahead(timedelta(0))


async def test_the_start_page_tells_four_stories(
    client: TestClient[Any, Any],
) -> None:
    """A newcomer finds the steps and a link to every stand-in and the dashboard."""
    answer = await client.get("/sandbox/")
    html = await answer.text()
    assert answer.status == 200
    assert len(re.findall("<h2", html)) == 4
    assert len(re.findall("<h3>", html)) == 18
    for place in PLACES[1:]:
        assert html.count(f'href="{place.url}"') >= 2
    assert html.count('aria-current="page"') == 1
    assert '<a href="/sandbox/" aria-current="page">Start</a>' in html


async def test_days_pass_for_everything_at_once(client: TestClient[Any, Any]) -> None:
    """A press moves the day of the whole process, and leads back to where it was pressed."""
    before = clock.now()
    pressed = {"days": "30", "back": "/sandbox/stripe/"}
    answer = await client.post("/sandbox/calendar", data=pressed, allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"] == "/sandbox/stripe/"
    later = clock.now() - before
    assert timedelta(days=30) <= later < timedelta(days=30, minutes=1)
    html = await (await client.get("/sandbox/")).text()
    assert f'<time datetime="{clock.now().date()}">' in html


@pytest.mark.parametrize("days", ["", "x", "-1", "7", "9" * 400])
async def test_only_the_offered_days_pass(client: TestClient[Any, Any], days: str) -> None:
    """A forged form moves nothing."""
    before = clock.now()
    answer = await client.post("/sandbox/calendar", data={"days": days})
    assert answer.status == 400
    assert clock.now() - before < timedelta(minutes=1)


async def test_the_calendar_leads_nowhere_else(client: TestClient[Any, Any]) -> None:
    """An address that is no page of the sandbox leads to the start; other sites cannot press."""
    pressed = {"days": "1", "back": "https://elsewhere.example/"}
    answer = await client.post("/sandbox/calendar", data=pressed, allow_redirects=False)
    assert answer.headers["Location"] == "/sandbox/"
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await client.post("/sandbox/calendar", data=pressed, headers=foreign)).status == 403


async def test_a_page_needs_nothing_but_itself(client: TestClient[Any, Any]) -> None:
    """No inline script or style, no outside address, and the stylesheet it names is served."""
    answer = await client.get("/sandbox/")
    html = await answer.text()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|<script|\sstyle=|\son\w+=|https?://", html)
    for url in re.findall(r'(?:href|src)="(/sandbox/static/[^"]+)"', html):
        assert (await client.get(url)).status == 200


def test_the_bar_marks_where_one_is() -> None:
    """A page deep inside a stand-in still marks its stand-in, and only that."""
    answer = render(make_mocked_request("GET", "/sandbox/mail/letters/3"), "start.html", {})
    assert answer.text is not None
    assert re.findall(r'href="([^"]+)" aria-current', answer.text) == ["/sandbox/mail/"]


async def test_another_site_cannot_press_our_buttons(aiohttp_client: AiohttpClient) -> None:
    """A form that a foreign page sends to this machine is refused; our own passes."""

    async def press(_: web.Request) -> web.Response:
        return web.Response(text="pressed")

    app = web.Application(middlewares=[own_pages_only])
    app.router.add_post("/", press)
    app.router.add_get("/", press)
    client = await aiohttp_client(app)
    assert (await client.post("/", headers={"Sec-Fetch-Site": "cross-site"})).status == 403
    assert (await client.post("/", headers={"Sec-Fetch-Site": "same-origin"})).status == 200
    assert (await client.post("/")).status == 200
    assert (await client.get("/", headers={"Sec-Fetch-Site": "cross-site"})).status == 200
