"""The script that other pages embed, as browsers get it."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dashboard.public.scripts import add_routes


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    """A page of another origin, loading the script."""
    app = web.Application()
    add_routes(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_any_page_may_load_it_and_asks_again_for_free(client: TestClient[Any, Any]) -> None:
    """From every origin, as a script and nothing else; unchanged, it is not sent again."""
    answer = await client.get("/promo-code.js", headers={"Origin": "https://product.example"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = await client.get("/promo-code.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")
    other = await client.get("/promo-code.js", headers={"If-None-Match": '"older"'})
    assert other.status == 200


async def test_it_is_small_and_asks_for_no_leave(client: TestClient[Any, Any]) -> None:
    """Under 3 KB as sent, and nothing in it that a page's policy would refuse."""
    script = await (await client.get("/promo-code.js")).read()
    assert len(gzip.compress(script, 9)) < 3 * 1024
    words = script.decode()
    for refused in ("eval(", "new Function", "innerHTML", "insertAdjacentHTML", ".style", "import"):
        assert refused not in words
