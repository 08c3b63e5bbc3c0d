import asyncio
import logging
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from door import headers, proxies, sender_of, watch
from health import Metrics

TRUSTED = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/24")]


@pytest.mark.parametrize(
    ("remote", "forwarded", "sender"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1", "10.0.0.7"], "198.51.100.1"),
        ("127.0.0.1", ["198.51.100.1, 10.0.0.7"], "198.51.100.1"),
        ("127.0.0.1", ["nonsense"], "127.0.0.1"),
        ("127.0.0.1", ["10.0.0.7"], "127.0.0.1"),
        ("", [], ""),
        ("2001:db8::1", [], "2001:db8::1"),
    ],
)
def test_only_our_own_proxies_are_believed(remote: str, forwarded: list[str], sender: str) -> None:
    """Nobody gets around a rate limit by writing a header."""
    assert sender_of(remote, forwarded, proxies(TRUSTED)) == sender


async def test_each_request_has_an_id_and_a_sender_and_is_counted() -> None:
    """A good id is kept, a strange one replaced; errors are counted by what they answered."""
    metrics = Metrics()
    seen: list[str | None] = []

    async def show(request: web.Request) -> web.Response:
        seen.append(request.remote)
        if request.query:
            raise web.HTTPNotFound
        return web.Response(text=await request.text())

    app = web.Application(middlewares=[watch(metrics, TRUSTED)])
    app.router.add_post("/show/{name}", show)
    async with TestClient(TestServer(app)) as client:
        headers = {"X-Request-Id": "from-the-proxy", "X-Forwarded-For": "198.51.100.1"}
        answer = await client.post("/show/a", headers=headers, data="body")
        assert answer.headers["X-Request-Id"] == "from-the-proxy"
        assert await answer.text() == "body"
        strange = await client.post("/show/b?x", headers={"X-Request-Id": "<script>"})
        assert len(strange.headers["X-Request-Id"]) == 32
    assert seen == ["198.51.100.1", "127.0.0.1"]
    for status in ("200", "404"):
        labels = {"route": "/show/{name}", "status": status}
        value = metrics.registry.get_sample_value("affiliate_desk_requests_total", labels)
        assert value == 1


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("path", ["/json", "/nowhere", "/broken", "/own", "/stream"])
async def test_every_answer_has_safe_headers(path: str, *, secure: bool) -> None:
    """Answers of programs, errors, failures and streams; what an answer brings itself stays."""

    async def show(request: web.Request) -> web.StreamResponse:
        if request.path == "/broken":
            raise RuntimeError("select * from secrets")
        if request.path == "/own":
            return web.Response(headers={"Content-Security-Policy": "default-src 'self'"})
        if request.path == "/stream":
            stream = web.StreamResponse()
            await stream.prepare(request)
            return stream
        return web.json_response({})

    app = web.Application(middlewares=[watch(Metrics(), TRUSTED)])
    app.on_response_prepare.append(headers(secure=secure))
    for name in ("json", "broken", "own", "stream"):
        app.router.add_get(f"/{name}", show)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get(path)
        told = answer.headers
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Referrer-Policy"] == "same-origin"
        policy = told["Content-Security-Policy"]
        assert ("frame-ancestors 'none'" in policy) is (path != "/own")
        assert ("Strict-Transport-Security" in told) is secure
        assert told["Server"] == "Affiliate Desk"
        assert "secrets" not in await answer.text()


@pytest.mark.parametrize("path", ["/json", "/nowhere"])
async def test_nothing_is_traced(path: str) -> None:
    """`TRACE` would send a browser's cookies back to a script."""

    async def show(request: web.Request) -> web.Response:
        return web.json_response(dict(request.headers))

    app = web.Application(middlewares=[watch(Metrics(), TRUSTED)])
    app.router.add_get("/json", show)
    async with TestClient(TestServer(app)) as client:
        answer = await client.request("TRACE", path, headers={"Cookie": "a=secret"})
        assert answer.status in {404, 405}
        assert "secret" not in await answer.text()


async def test_what_is_no_http_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Any stranger can send it: no traceback, and nothing of what they sent."""
    app = web.Application(middlewares=[watch(Metrics(), TRUSTED)])
    async with TestServer(app) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nCookie: desk_session=secret\x01\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"400"
        writer.close()
    (line,) = [one for one in caplog.records if one.name == "aiohttp.server"]
    assert (line.levelno, line.exc_info) == (logging.WARNING, None)
    assert "secret" not in line.getMessage()


@pytest.mark.parametrize("path", [b"/", b"/nowhere"])
async def test_an_expectation_that_is_no_text_is_not_met(path: bytes) -> None:
    """Before any route or middleware is reached, and without a failure of ours."""
    app = web.Application(middlewares=[watch(Metrics(), TRUSTED)])

    async def show(_request: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/", show)
    async with TestServer(app) as server:
        for expected, status in ((b"\xff", b"417"), (b"tea", b"417")):
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nExpect: " + expected)
            writer.write(b"\r\n\r\n")
            assert (await reader.readline()).split()[1] == status
            writer.close()
