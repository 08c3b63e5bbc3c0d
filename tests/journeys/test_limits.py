"""Two servers on one database: what may be done so often is counted by both together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from dashboard.limits import CODES_PER_CLIENT, REQUESTS_PER_AFFILIATE
from domain import api_keys
from domain.api_keys import Scope
from domain.audit import Actor
from storage import migrate
from storage.affiliates import Affiliate
from storage.api_keys import ApiKey
from storage.db import Database
from tests.builders import join
from tests.forked import ForkedServer
from tests.redis import redis_server
from tests.server import Server
from tests.standing import free_port
from tests.whole import whole_settings

DATABASE, REDIS = "database", "redis"
OWNER = Actor("affiliate", "", "dashboard")


class Story:
    """Two servers, their database, and an affiliate whose program asks either of them."""

    def __init__(
        self,
        db: Database,
        servers: list[Server],
        affiliate: Affiliate,
        client: aiohttp.ClientSession,
    ) -> None:
        self.db = db
        self.servers = servers
        self.affiliate = affiliate
        self.client = client

    async def make(self) -> tuple[ApiKey, str]:
        """A key for stats."""
        async with self.db.transaction() as session:
            return await api_keys.make(session, self.affiliate.id, "S", [Scope.STATS], OWNER)

    async def ask(self, number: int, path: str, key: str = "") -> tuple[int, dict[str, str]]:
        """What one of the servers answers, in turn: its status and headers."""
        url = f"{self.servers[number % len(self.servers)].url}{path}"
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with self.client.get(url, headers=headers) as answer:
            return answer.status, dict(answer.headers)


@pytest.fixture
async def story(
    request: pytest.FixtureRequest, migrated_postgresql_url: str, tmp_path: Path
) -> AsyncIterator[Story]:
    """Both servers, running, which count in their database or in a Redis."""
    with redis_server() as redis_url:
        more: dict[str, Any] = {"stripe_api_key": None, "stripe_webhook_secret": None}
        if request.param == REDIS:
            more["redis_url"] = SecretStr(redis_url)
        db = Database(migrated_postgresql_url)
        await migrate.upgrade(db)
        made: list[Server] = []
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            port = free_port()
            settings = whole_settings(migrated_postgresql_url, port=port, **more)
            made.append(ForkedServer(port, folder, "serve", settings=settings))
        try:
            for server in made:
                await server.start()
            async with aiohttp.ClientSession() as client:
                yield Story(db, made, await join(db), client)
        finally:
            for server in made:
                await server.kill()
            await db.close()


@pytest.mark.parametrize("story", [DATABASE, REDIS], indirect=True)
async def test_two_servers_count_as_one(story: Story) -> None:
    """A hundred requests of an affiliate, however many ask at once; the rest are told when.

    Nor do guessers of codes get twice as many tries.
    """
    (_, text), (_, second) = await story.make(), await story.make()
    path, amount = "/api/affiliate/v1/stats", REQUESTS_PER_AFFILIATE.amount
    told = []
    for start in range(0, amount + 30, 10):
        some = range(start, start + 10)
        told += await asyncio.gather(*(story.ask(n, path, (text, second)[n % 3 % 2]) for n in some))
    assert Counter(status for status, _ in told) == {200: amount, 429: 30}
    left = sorted(int(headers["RateLimit-Remaining"]) for status, headers in told if status == 200)
    assert left[0] == 0
    assert amount - 10 <= left[-1] < amount  # ten ask at the same moment
    for number in range(2):
        status, headers = await story.ask(number, path, second)
        assert status == 429
        assert 0 < int(headers["Retry-After"]) <= 3600
        assert headers["RateLimit"].startswith('"affiliate";r=0;t=')
    path, amount = "/api/discount-codes/validate?code=GUESS", CODES_PER_CLIENT.amount
    told = [await story.ask(n, f"{path}{n}") for n in range(amount + 6)]
    assert Counter(status == 429 for status, _ in told) == {False: amount, True: 6}


@pytest.mark.parametrize("story", [DATABASE], indirect=True)
async def test_keys_end_on_every_server_at_once(story: Story) -> None:
    """Rotated: both keys work everywhere; revoked: neither server takes the key a moment longer."""
    path = "/api/affiliate/v1/stats"
    key, old = await story.make()
    assert [(await story.ask(n, path, old))[0] for n in range(2)] == [200, 200]
    async with story.db.transaction() as session:
        _, new = await api_keys.rotate(session, story.affiliate.id, key.id, "24", OWNER)
    for text in (old, new):
        assert [(await story.ask(n, path, text))[0] for n in range(2)] == [200, 200]
    flying = [asyncio.create_task(story.ask(n, path, old)) for n in range(10)]
    async with story.db.transaction() as session:
        await api_keys.revoke(session, story.affiliate.id, key.id, OWNER)
    after = [(await story.ask(n, path, old))[0] for n in range(4)]
    assert after == [401] * 4
    assert {status for status, _ in await asyncio.gather(*flying)} <= {200, 401}
    assert [(await story.ask(n, path, new))[0] for n in range(2)] == [200, 200]
