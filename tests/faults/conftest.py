"""How long and by which chance the faults are tried: `pytest tests/faults --kills 500 --seed 7`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlmodel import col, select, update

import clock
from sandbox.stand_ins import StandIns
from sandbox.stripe import courier
from settings import Settings
from storage.db import Database
from storage.inbox import InboxEvent
from storage.network_sales import NetworkDelivery
from storage.outbox import Effect
from storage.queues import QUEUES
from storage.work import is_open
from tests.faults.town import Town, settle_town
from tests.faults.verdict import is_quiet
from tests.faults.weather import Weather
from tests.forked import ForkedServer
from tests.standing import free_port, standing_in
from tests.waiting import until

KILLS = 5
"""As many for each database when nobody asks for more."""
A_STORY = 25
"""Kills in one story; more of them are more stories, each with a seed of its own."""
LONG_S = 300
"""By then everything has happened on any machine; nothing waits for it."""
SOON = timedelta(seconds=5)
"""What waits for longer than this, nobody has the time for here."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for a long run."""
    parser.addoption("--kills", type=int, default=KILLS, help="kills for each database")
    parser.addoption("--seed", type=int, default=1, help="where chance begins")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One story for each `A_STORY` kills that are asked for."""
    if "killings" in metafunc.fixturenames:
        # Not known where the whole suite is run: then this file is read after the command line.
        kills = metafunc.config.getoption("--kills", default=KILLS)
        seed = metafunc.config.getoption("--seed", default=1)
        stories = [
            (seed + n, min(A_STORY, kills - n * A_STORY)) for n in range(-(-kills // A_STORY))
        ]
        metafunc.parametrize("killings", stories, ids=[f"seed{one}" for one, _ in stories])


async def status_of(url: str) -> int:
    """What an address answers; 0 where it does not."""
    try:
        async with aiohttp.ClientSession() as client, client.get(url) as answer:
            return answer.status
    except aiohttp.ClientConnectionError:
        return 0


@dataclass
class Scene:
    """A server, the outside world with its weather, and the town around them."""

    server: ForkedServer
    stand_ins: StandIns
    weather: Weather
    db: Database
    town: Town

    async def start(self) -> None:
        """Start the server; what a dead one had claimed is free at once, not after a minute."""
        if not self.db.is_sqlite:
            async with self.db.transaction() as session:
                for table in QUEUES.values():
                    free = update(table).where(is_open(table)).values(claimed_until=clock.now())
                    await session.exec(free)
        await self.server.start()

    async def goes_on(self) -> None:
        """Wait until events and effects are handled that were not yet; the town has to be awake."""
        since = clock.now()

        async def is_handled() -> bool:
            async with self.db.read() as session:
                for table in (InboxEvent, Effect):
                    new = select(table.id).where(col(table.handled_at) > since).limit(1)
                    if (await session.exec(new)).first() is None:
                        return False
            return True

        await until(is_handled, LONG_S)

    async def outlive_claims(self) -> None:
        """Let the minute pass after which what nobody could finish is free again.

        What the server still has in hand may not be taken from it: so it ends that, and is
        started anew.
        """
        assert await self.server.stop() == 0
        await self.start()

    async def settle(self) -> None:
        """Wait until everything that will happen has happened; what was put off is due soon."""

        async def is_settled() -> bool:
            if await is_quiet(self.town):
                return True
            await self._let_hours_pass()
            await asyncio.sleep(0.2)
            return False

        await until(is_settled, LONG_S)

    async def _let_hours_pass(self) -> None:
        """For what waits for more than seconds, as a network's report of what it may have taken."""
        async with self.db.transaction() as session:
            for table in QUEUES.values():
                late = col(table.next_attempt_at) > clock.now() + SOON
                await session.exec(
                    update(table).where(is_open(table), late).values(next_attempt_at=clock.now())
                )
            long_ago = clock.now() - timedelta(hours=1)
            tried = col(NetworkDelivery.tried_at).is_not(None)
            await session.exec(update(NetworkDelivery).where(tried).values(tried_at=long_ago))


Stage = Callable[[str], AbstractAsyncContextManager[Scene]]


@pytest.fixture
def story_seed(request: pytest.FixtureRequest) -> int:
    """Where the chance of this story begins."""
    if "killings" in request.fixturenames:
        seed: int = request.getfixturevalue("killings")[0]
        return seed
    return int(request.config.getoption("--seed", default=1))


@pytest.fixture
def stage(tmp_path: Path, story_seed: int, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A town on a migrated database, by its URL; its server is not started yet."""
    # Stripe comes again after seconds, hours and days; here nobody has the time.
    monkeypatch.setattr(courier, "RETRIES", (1.0,) * 10_000)

    @asynccontextmanager
    async def set_up(url: str) -> AsyncIterator[Scene]:
        port, weather = free_port(), Weather()
        async with standing_in(port, weather.middleware) as stand_ins:
            settings = Settings(_env_file=None, port=port, database_url=url, **stand_ins.settings())
            server, db = ForkedServer(port, tmp_path, "serve", settings=settings), Database(url)
            try:
                town = await settle_town(stand_ins, db, server.url, story_seed)
                yield Scene(server, stand_ins, weather, db, town)
            finally:
                await server.kill()
                await db.close()

    return set_up


@pytest.fixture
async def scene(stage: Stage, migrated_url: str) -> AsyncIterator[Scene]:
    """A town, on a database of each kind."""
    async with stage(migrated_url) as made:
        yield made


@pytest.fixture
async def sqlite_scene(stage: Stage, sqlite_url: str) -> AsyncIterator[Scene]:
    """A town on SQLite."""
    async with stage(sqlite_url) as made:
        yield made
