"""How long and by which chance the faults are tried: `pytest tests/faults --kills 500 --seed 7`."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest
from sqlmodel import update

import clock
from sandbox.stand_ins import StandIns
from sandbox.stripe import courier
from settings import Settings
from storage.db import Database
from storage.queues import QUEUES
from tests.faults.nursery import ForkedServer, Nursery
from tests.faults.town import Town, settle_town
from tests.faults.weather import Weather
from tests.standing import free_port, standing_in
from tests.waiting import until

KILLS = 8
"""As many for each database when nobody asks for more."""
A_STORY = 25
"""Kills in one story; more of them are more stories, each with a seed of its own."""


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
        await self.free_claims()
        try:
            await self.server.start()
        except TimeoutError:  # on a machine that is busy with other things
            await until(self._is_ready, 120)

    async def _is_ready(self) -> bool:
        return await status_of(f"{self.server.url}/readyz") == HTTPStatus.OK

    async def free_claims(self) -> None:
        """Let the minute of claims pass."""
        if not self.db.is_sqlite:
            async with self.db.transaction() as session:
                for table in QUEUES.values():
                    await session.exec(update(table).values(claimed_until=clock.now()))


Stage = Callable[[str], AbstractAsyncContextManager[Scene]]


@pytest.fixture
def story_seed(request: pytest.FixtureRequest) -> int:
    """Where the chance of this story begins."""
    if "killings" in request.fixturenames:
        seed: int = request.getfixturevalue("killings")[0]
        return seed
    return int(request.config.getoption("--seed", default=1))


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where this test process's servers are started."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def stage(
    nursery: Nursery, tmp_path: Path, story_seed: int, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """A town on a migrated database, by its URL; its server is not started yet."""
    # Stripe comes again after seconds, hours and days; here nobody has the time.
    monkeypatch.setattr(courier, "RETRIES", (1.0,) * 10_000)

    @asynccontextmanager
    async def set_up(url: str) -> AsyncIterator[Scene]:
        port, weather = free_port(), Weather()
        async with standing_in(port, weather.middleware) as stand_ins:
            settings = Settings(_env_file=None, port=port, database_url=url, **stand_ins.settings())
            server, db = ForkedServer(port, tmp_path, "serve", settings=settings), Database(url)
            server.nursery = nursery
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
