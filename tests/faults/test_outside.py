"""Each outside service has a bad time for a while: slow, silent, failing or lying; then it is well.

Meanwhile all that does not need it goes on, and afterwards what it missed is made good.
"""

import asyncio
import random
from typing import Final

import pytest
from sqlmodel import col, update

import clock
from storage.queues import QUEUES
from tests.faults.conftest import KILLS, Scene
from tests.faults.verdict import is_quiet, judge, waiting
from tests.faults.weather import LIES, SERVICES
from tests.waiting import until

MOODS: Final = ("slow", "silent", "failing", "lying")
A_WHILE_S: Final = 3.0
_COMBINATIONS: Final = [
    (service, mood)
    for service in dict.fromkeys(SERVICES.values())
    for mood in MOODS
    if mood != "lying" or service in LIES
]


def _chosen(request: pytest.FixtureRequest, seed: int) -> list[tuple[str, str]]:
    """All of them in a long run; else one mood for each service, as the seed has it."""
    chance = random.Random(f"weather {seed}")  # noqa: S311 - chance, not secrecy
    mixed = chance.sample(_COMBINATIONS, len(_COMBINATIONS))
    if request.config.getoption("--kills", default=KILLS) > KILLS:
        return mixed
    return list(dict(mixed).items())


async def _let_hours_pass(scene: Scene) -> None:
    """What was put off is due at once."""
    async with scene.db.transaction() as session:
        for table in QUEUES.values():
            await session.exec(
                update(table)
                .where(col(table.handled_at).is_(None), col(table.parked_at).is_(None))
                .values(next_attempt_at=clock.now())
            )


async def test_a_service_that_has_a_bad_time_holds_up_nobody_else(
    scene: Scene, request: pytest.FixtureRequest, story_seed: int
) -> None:
    """One after the other; the town goes on living, and in the end nothing is missing or parked."""
    weather, chosen = scene.weather, _chosen(request, story_seed)
    now = "before"
    try:
        async with scene.town.awake():
            await scene.start()
            for service, mood in chosen:
                now = f"{service} is {mood}"
                weather.becomes(service, mood)
                await asyncio.sleep(A_WHILE_S)
                weather.becomes(service)
            now = "after all"
        for _ in range(2):
            await _let_hours_pass(scene)
            await asyncio.sleep(1)
        await until(lambda: is_quiet(scene.town), 120)
        await judge(scene.town, weather)
    except BaseException as error:
        error.add_note(f"seed {story_seed}, {now}, of {chosen}")
        error.add_note(f"still waiting: {await waiting(scene.db)}")
        raise
    assert weather.spoiled, "nobody was asked while they had a bad time"
