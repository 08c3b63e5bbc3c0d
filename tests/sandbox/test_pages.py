"""The shared look of the stand-ins: one bar, one stylesheet, nothing from elsewhere."""

import re

from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from pytest_aiohttp import AiohttpClient

from sandbox.pages import PLACES, own_pages_only, render, start_app


async def test_the_start_page_tells_the_story_in_six_steps(aiohttp_client: AiohttpClient) -> None:
    """A newcomer finds six steps and a link to every stand-in and the dashboard."""
    app = web.Application()
    app.add_subapp("/sandbox/", start_app())
    client = await aiohttp_client(app)
    answer = await client.get("/sandbox/")
    html = await answer.text()
    assert answer.status == 200
    assert len(re.findall("<h2>", html)) == 6
    for place in PLACES[1:]:
        assert html.count(f'href="{place.url}"') >= 2
    assert html.count('aria-current="page"') == 1
    assert '<a href="/sandbox/" aria-current="page">Start</a>' in html


async def test_a_page_needs_nothing_but_itself(aiohttp_client: AiohttpClient) -> None:
    """No inline script or style, no outside address, and the stylesheet it names is served."""
    app = web.Application()
    app.add_subapp("/sandbox/", start_app())
    client = await aiohttp_client(app)
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
