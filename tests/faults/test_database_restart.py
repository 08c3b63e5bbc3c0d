"""PostgreSQL goes down in the middle of everything, stays away, and comes back: so do we."""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus

import aiohttp
import pytest

from storage.errors import SOON_S
from tests.faults.conftest import LONG_S, Scene, Stage, status_of
from tests.faults.town import some_form
from tests.faults.verdict import judge
from tests.postgres import PostgresServer
from tests.waiting import until

AWAY_S = 2.0
TIMES = 2


@pytest.fixture
def lasting_url(postgres: PostgresServer, migrated_postgresql_url: str) -> Iterator[str]:
    """A database whose commits are on disk, unlike those of other tests."""
    with postgres.that_keeps(migrated_postgresql_url):
        yield migrated_postgresql_url
        postgres.start_again()  # where the test ended while it was down


async def test_a_database_that_is_killed_and_comes_back_costs_nothing(
    stage: Stage, postgres: PostgresServer, lasting_url: str
) -> None:
    """503 and Retry-After meanwhile; then intake, work and pages go on by themselves."""
    async with stage(lasting_url) as scene:
        async with scene.town.awake():
            await scene.start()
            for _ in range(TIMES):
                await asyncio.sleep(2)
                await asyncio.to_thread(postgres.stop_at_once)
                await _is_told_to_come_back(scene)
                await asyncio.sleep(AWAY_S)
                await asyncio.to_thread(postgres.start_again)
                await until(lambda: _is_well(scene), LONG_S)
                await scene.goes_on()
        # What could not be noted while it was away is free after the minute of its claim.
        await scene.outlive_claims()
        await scene.settle()
        await judge(scene.town, scene.weather)


async def _is_told_to_come_back(scene: Scene) -> None:
    """Every door says 503 and when to come again; the process itself is alive."""
    form, url = scene.stand_ins.tally, scene.server.url
    body = form.payload(some_form("impatient@example.com", "IMPATIENT9"))
    signed = {"Tally-Signature": form.signature(body)}
    token = scene.stand_ins.settings()["admin_api_token"]
    known = {"Cookie": "desk_session=somebody", "Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=known) as client,
        client.post(form.webhook_url, data=body, headers=signed) as answer,
        client.get(f"{url}/affiliate/dashboard") as page,
        client.get(f"{url}/api/admin/payouts") as api,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert (page.status, page.headers["Retry-After"]) == (503, str(SOON_S))
        assert (api.status, api.headers["Retry-After"]) == (503, str(SOON_S))
    assert await status_of(f"{url}/healthz") == HTTPStatus.OK
    assert await status_of(f"{url}/readyz") == HTTPStatus.SERVICE_UNAVAILABLE


async def _is_well(scene: Scene) -> bool:
    return await status_of(f"{scene.server.url}/readyz") == HTTPStatus.OK
