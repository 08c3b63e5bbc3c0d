"""Two servers do the same work: on PostgreSQL each thing once, on SQLite the second is refused."""

import asyncio
from pathlib import Path

from settings import Settings
from tests.faults.conftest import Scene, Stage
from tests.faults.verdict import judge
from tests.forked import ForkedServer
from tests.standing import free_port


def _beside(scene: Scene, folder: Path, url: str) -> ForkedServer:
    """One more server on the same database, behind an address of its own."""
    folder.mkdir()
    port = free_port()
    settings = Settings(_env_file=None, port=port, database_url=url, **scene.stand_ins.settings())
    return ForkedServer(port, folder, "serve", settings=settings)


async def test_two_on_postgresql_do_each_thing_once_though_one_is_killed(
    stage: Stage, migrated_postgresql_url: str, tmp_path: Path
) -> None:
    """Both claim from the same queues; what the killed one held is done by the other."""
    async with stage(migrated_postgresql_url) as scene:
        other = _beside(scene, tmp_path / "other", migrated_postgresql_url)
        async with scene.town.awake():
            await asyncio.gather(scene.start(), other.start())
            await asyncio.sleep(3)
            await other.kill()
            await scene.goes_on()
        await scene.outlive_claims()
        await scene.settle()
        await judge(scene.town, scene.weather)


async def test_a_second_server_on_a_sqlite_file_is_refused(
    sqlite_scene: Scene, sqlite_url: str, tmp_path: Path
) -> None:
    """It says why and what to do, and ends; the first one takes no notice."""
    await sqlite_scene.start()
    other = _beside(sqlite_scene, tmp_path / "other", sqlite_url)
    process = await other.begin()
    assert await process.wait() == 1
    log = (tmp_path / "other" / "server.log").read_text()
    assert "Another server is running on" in log
    assert "use PostgreSQL" in log
    await sqlite_scene.server.kill()
    await other.start()
    await other.kill()
