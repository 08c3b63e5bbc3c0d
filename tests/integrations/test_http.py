"""The door for outgoing HTTP, against a real server that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import clock
from integrations.errors import TransportError
from integrations.http import JsonApi, retry_after

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[JsonApi]]


def explain(body: Any) -> tuple[str | None, str]:
    """A service whose error body is `{"code", "why"}`."""
    return (body["code"], body["why"]) if isinstance(body, dict) else (None, "no reason given")


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server with one handler; the returned door leads to it."""
    opened: list[tuple[JsonApi, TestServer]] = []

    async def start(handler: Handler) -> JsonApi:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        api = JsonApi(
            "The service",
            str(server.make_url("/v1")),
            token="secret-token",
            explain=explain,
            timeout=aiohttp.ClientTimeout(total=0.3),
        )
        opened.append((api, server))
        return api

    yield start
    for api, server in opened:
        await api.close()
        await server.close()


async def test_a_call_carries_the_token_and_returns_the_json(serve: Serve) -> None:
    """The bearer token, the query and the body travel; the JSON comes back."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response(
            [request.path_qs, request.headers["Authorization"], await request.json()]
        )

    api = await serve(echo)
    answer = await api.call("POST", "/x", params={"q": "a b"}, body={"k": None})
    assert answer == ["/v1/x?q=a+b", "Bearer secret-token", {"k": None}]


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        *((status, True) for status in (302, 400, 401, 404, 422)),
        *((status, False) for status in (408, 425, 429, 500, 503)),
    ],
)
async def test_a_refusal_is_final_and_an_outage_is_not(
    serve: Serve, status: int, *, permanent: bool
) -> None:
    """A 4xx is for a person, a 408, 425, 429 or 5xx for a later attempt; words and code stay."""

    async def refuse(_: web.Request) -> web.Response:
        headers = {"Retry-After": "7", "Location": "https://elsewhere.example/"}
        return web.json_response({"code": "no", "why": "because"}, status=status, headers=headers)

    api = await serve(refuse)
    with pytest.raises(TransportError, match=f"answered {status}: because") as caught:
        await api.call("GET", "/x")
    assert caught.value.permanent is permanent
    assert caught.value.code == "no"
    assert caught.value.retry_after == 7.0
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize(("status", "permanent"), [(200, False), (502, False), (404, True)])
async def test_a_page_instead_of_json_is_a_fault(
    serve: Serve, status: int, *, permanent: bool
) -> None:
    """A proxy's HTML page, under any status, never passes for an answer."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<h1>Sorry</h1>", status=status, content_type="text/html")

    api = await serve(page)
    for needs_json in (True, False):
        with pytest.raises(TransportError) as caught:
            await api.call("GET", "/x", needs_json=needs_json)
        assert caught.value.permanent is permanent


async def test_a_slow_service_is_left_and_tried_again_later(serve: Serve) -> None:
    """A service that does not answer within the timeout is a fault worth a retry."""
    release: list[web.Request] = []

    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        release.append(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b" ")
            await asyncio.sleep(0.02)
        return response

    api = await serve(hang)
    with pytest.raises(TransportError, match="in time") as caught:
        await api.call("GET", "/x")
    assert not caught.value.permanent


async def test_a_service_that_is_down_is_worth_a_retry(unused_tcp_port: int) -> None:
    """Nobody listening is an outage."""
    api = JsonApi("The service", f"http://127.0.0.1:{unused_tcp_port}", token="t", explain=explain)
    with pytest.raises(TransportError, match="could not be reached") as caught:
        await api.call("GET", "/x")
    assert not caught.value.permanent
    await api.close()


def test_retry_after_reads_seconds_and_dates() -> None:
    """Both forms of RFC 9110 become seconds from now; nonsense becomes None."""
    with clock.travel(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)):
        assert retry_after("30") == 30.0
        assert retry_after("Sat, 21 Nov 2026 12:02:00 GMT") == 120.0
        assert retry_after("Sat, 21 Nov 2026 11:00:00 GMT") == 0.0
    assert retry_after("soon") is None
    assert retry_after("nan") is None
    assert retry_after(None) is None


@pytest.mark.parametrize(
    "wish",
    [
        "1e300",
        "9" * 400,
        "Sat, 01 Jan 2000 00:00:00 +99999999999999999",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ],
)
def test_a_wish_beyond_all_calendars_can_be_reckoned_with(wish: str) -> None:
    """Whoever answers chooses it: it is no reason to fail, nor to wait for ever."""
    seconds = retry_after(wish) or 0.0
    assert timedelta(seconds=seconds) <= timedelta(days=366)
