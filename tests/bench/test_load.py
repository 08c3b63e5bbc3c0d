"""The load sends each request once, waits for its answer, and counts what came of it."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from bench.lab import Lab
from tests.standing import free_port, serving


@pytest.mark.parametrize("by", ["c", "python"])
async def test_every_request_arrives_and_is_counted_without_the_warm_up(
    tmp_path: Path, by: str
) -> None:
    """By the program in C, and by what stands in for it where there is no compiler."""
    lab = Lab(tmp_path)
    if by == "python":
        lab.load_program = None
    elif lab.load_program is None:
        pytest.skip("there is no C compiler here")
    seen, together = [], [0, 0]

    async def take(request: web.Request) -> web.Response:
        together[0] += 1
        together[1] = max(together)
        seen.append((await request.json())["id"])
        place = len(seen)
        await asyncio.sleep(0.005)
        together[0] -= 1
        return web.json_response({}, status=200 if place % 3 else 503)

    app, port = web.Application(), free_port()
    app.router.add_post("/webhooks/stripe", take)
    async with serving(app, port):
        loaded = await lab.load(port, "webhooks", 300, warm_up=30)
    assert len(seen) == len(set(seen)) == 330
    assert sum(loaded.statuses.values()) == 300
    assert loaded.statuses["503"] == 100
    assert 1 < together[1] <= 64
    assert 5 <= loaded.p50_ms <= loaded.p99_ms
