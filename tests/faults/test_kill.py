"""The server is killed at random instants, while people apply, buy, complain, decide and are paid.

An instant is some milliseconds after the start of the process or after it was ready, or a call to
an outside service: before it is carried out there, or after that and before it is answered.
"""

import asyncio
import random

from tests.faults.conftest import LONG_S, Scene
from tests.faults.town import Town
from tests.faults.verdict import judge, waiting
from tests.waiting import until

DURING_START, AT_A_CALL = 0.15, 0.5
"""How many of the kills are such ones; the others are at some millisecond of the work."""
LONGEST_LIFE_S = 2.0


class Killer:
    """Kills the server when `chance` says so."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self._scene = scene
        self._chance = random.Random(f"killer {seed}")  # noqa: S311 - chance, not secrecy
        self.moments: list[str] = []

    async def strike(self) -> None:
        """Start the server, and kill it at an instant of its life."""
        kind = self._chance.random()
        if kind < DURING_START:
            await self._in_its_start(self._chance.uniform(0, 1))
            return
        await self._scene.start()
        if kind < DURING_START + AT_A_CALL:
            await self._at_call(self._chance.randrange(1, 40), done=self._chance.random() < 0.5)
        else:
            seconds = self._chance.uniform(0, LONGEST_LIFE_S)
            await asyncio.sleep(seconds)
            await self._kill(f"{seconds:.3f} s after it was ready")

    async def _in_its_start(self, seconds: float) -> None:
        starting = asyncio.create_task(self._scene.start())
        await asyncio.sleep(seconds)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await self._kill(f"{seconds:.3f} s into its start")

    async def _at_call(self, number: int, *, done: bool) -> None:
        """At the `number`-th call from now on, or late in its life if there are not so many."""
        left, struck = number, asyncio.Event()
        when = "after" if done else "before"

        async def at_call(is_done: bool) -> None:  # noqa: FBT001 - called in two places
            nonlocal left
            left -= is_done is done
            if left <= 0:
                self._scene.weather.at_call = None
                await self._kill(f"{when} call {number} was carried out")
                struck.set()

        self._scene.weather.at_call = at_call
        try:
            async with asyncio.timeout(2 * LONGEST_LIFE_S):
                await struck.wait()
        except TimeoutError:
            self._scene.weather.at_call = None
            await self._kill(f"while it waited for call {number}")

    async def _kill(self, when: str) -> None:
        await self._scene.server.kill()
        self.moments.append(when)


async def _something_happened(town: Town) -> bool:
    return bool(town.forms and town.brought)


async def test_kills_at_random_instants_lose_nothing_and_double_nothing(
    scene: Scene, killings: tuple[int, int]
) -> None:
    """Whatever was acknowledged is there once: money, codes, cards, mails, orders, messages."""
    seed, kills = killings
    killer = Killer(scene, seed)
    try:
        async with scene.town.awake():
            for _ in range(kills):
                await killer.strike()
            await scene.start()
            await until(lambda: _something_happened(scene.town), LONG_S)
        await scene.settle()
        seen = await judge(scene.town, scene.weather)
    except BaseException as error:
        error.add_note(f"seed {seed}, after {len(killer.moments)} kills: {killer.moments}")
        error.add_note(f"still waiting: {await waiting(scene.db)}")
        raise
    assert [what for what in ("forms", "sales", "events", "cards", "mails") if not seen[what]] == []
    print(f"seed {seed}: {len(killer.moments)} kills, {dict(seen)}")  # noqa: T201 - for a long run
