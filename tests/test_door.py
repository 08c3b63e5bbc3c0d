from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from door import sender_of, watch
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
    assert sender_of(remote, forwarded, TRUSTED) == sender


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
