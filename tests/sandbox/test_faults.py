"""Bad days on order, and the log of what passed by."""

import aiohttp
import pytest
from aiohttp import web
from pytest_aiohttp import AiohttpClient

from sandbox.faults import HANG_UP, Seen, Traffic


@pytest.fixture
def traffic() -> Traffic:
    """A service that words its errors as `{"status": …}`."""
    return Traffic(lambda status: {"status": status})


@pytest.fixture
def worked() -> list[str]:
    """The paths whose work was carried out."""
    return []


@pytest.fixture
def app(traffic: Traffic, worked: list[str]) -> web.Application:
    """A service with one handler for everything."""

    async def work(request: web.Request) -> web.Response:
        worked.append(request.path)
        return web.Response(text="done")

    async def watched(request: web.Request) -> web.StreamResponse:
        return await traffic.watch(request, work)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", watched)
    return app


async def test_faults_hit_as_many_requests_as_ordered(
    aiohttp_client: AiohttpClient, app: web.Application, traffic: Traffic, worked: list[str]
) -> None:
    """Two fail in the service's own words and with the wait it names; the third succeeds."""
    client = await aiohttp_client(app)
    traffic.fail_next(429, times=2, retry_after=3)
    for _ in range(2):
        answer = await client.post("/a")
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        assert await answer.json() == {"status": 429}
    assert (await client.post("/a")).status == 200
    assert worked == ["/a"]
    assert traffic.log == [Seen("POST", "/a", 429)] * 2 + [Seen("POST", "/a", 200)]


async def test_a_fault_waits_for_its_path(
    aiohttp_client: AiohttpClient, app: web.Application, traffic: Traffic
) -> None:
    """Another path passes and leaves the fault in place."""
    client = await aiohttp_client(app)
    traffic.fail_next(path_part="/b")
    assert (await client.post("/a")).status == 200
    assert (await client.post("/b")).status == 503


async def test_the_answer_alone_can_be_lost(
    aiohttp_client: AiohttpClient, app: web.Application, traffic: Traffic, worked: list[str]
) -> None:
    """The work is done though the caller hears of a failure, or hears nothing."""
    client = await aiohttp_client(app)
    traffic.fail_next(502, after_work=True)
    assert (await client.post("/a")).status == 502
    traffic.fail_next(HANG_UP, after_work=True)
    with pytest.raises(aiohttp.ClientError):
        await client.post("/b")
    assert worked == ["/a", "/b"]
    assert traffic.log[-1] == Seen("POST", "/b", HANG_UP)


async def test_a_fault_can_be_late(
    aiohttp_client: AiohttpClient, app: web.Application, traffic: Traffic, worked: list[str]
) -> None:
    """A caller that waits less than the delay gets no answer in time."""
    client = await aiohttp_client(app)
    traffic.fail_next(503, delay_s=5)
    with pytest.raises(TimeoutError):
        await client.post("/a", timeout=aiohttp.ClientTimeout(total=0.1))
    assert worked == []
