"""The day in the sandbox: a person lets days pass, and holds, periods and links follow."""

import asyncio
from datetime import timedelta
from typing import Final, Protocol

import clock
from sandbox.store import Store

STEPS: Final = (1, 30)
"""How many days can pass at once."""
_FURTHEST: Final = 3650
_HALF: Final = timedelta(hours=12)


class Happens(Protocol):
    """What a scheduler would have done by now; `last` at the end of the days that pass."""

    async def __call__(self, *, last: bool) -> None:
        """Do it."""


async def _nothing(*, last: bool) -> None:
    """What happens on a day where nobody runs anything."""


class Calendar:
    """Puts the clock of the whole process ahead. With a file behind it, a restart keeps the day.

    `happens` is what a scheduler would have done by then. It is called for each half day that
    passes, so that it finds some waking hour of every day in every time zone.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passing = asyncio.Lock()
        self.happens: Happens = _nothing
        if self.days:
            clock.run_ahead(timedelta(days=self.days))

    @property
    def days(self) -> int:
        """How many days have passed that really did not."""
        return int(self._store.data.get("days", 0))

    async def let_pass(self, days: int) -> None:
        """Let one of `STEPS` pass; `ValueError` for any other, and after ten years."""
        async with self._passing:
            before = self.days
            if days not in STEPS or before + days > _FURTHEST:
                raise ValueError(days)
            self._store.data["days"] = before + days
            self._store.save()
            for half in range(1, 2 * days + 1):
                clock.run_ahead(timedelta(days=before) + half * _HALF)
                await self.happens(last=half == 2 * days)
