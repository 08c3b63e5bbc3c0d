"""Each outside service has a bad time for a while: slow, silent, failing or lying; then it is well.

Meanwhile all that does not need it goes on, and afterwards what it missed is made good.
"""

import asyncio
import random
from typing import Final

import pytest

from tests.faults.conftest import KILLS, LONG_S, Scene
from tests.faults.verdict import judge, waiting
from tests.faults.weather import LIES, SERVICES
from tests.waiting import until

MOODS: Final = ("slow", "silent", "failing", "lying")
A_WHILE_S: Final = 1.5
"""So long at least a bad time lasts, and until somebody was asked in it."""
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


async def _live_through(scene: Scene, service: str, mood: str) -> None:
    weather = scene.weather
    before = weather.calls[service]

    async def is_felt() -> bool:
        return weather.calls[service] > before

    weather.becomes(service, mood)
    await asyncio.sleep(A_WHILE_S)
    await until(is_felt, LONG_S)
    weather.becomes(service)


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
                await _live_through(scene, service, mood)
            now = "after all"
        await scene.settle()
        await judge(scene.town, weather)
    except BaseException as error:
        error.add_note(f"seed {story_seed}, {now}, of {chosen}")
        error.add_note(f"still waiting: {await waiting(scene.db)}")
        raise
    assert weather.spoiled, "nobody was asked while they had a bad time"
