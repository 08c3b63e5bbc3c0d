"""The day in the sandbox: a person lets days pass, and holds, periods and links follow."""

from datetime import timedelta
from typing import Final

import clock
from sandbox.store import Store

STEPS: Final = (1, 30)
"""How many days can pass at once."""
_FURTHEST: Final = 3650


class Calendar:
    """Puts the clock of the whole process ahead. With a file behind it, a restart keeps the day."""

    def __init__(self, store: Store) -> None:
        self._store = store
        if self.days:
            clock.run_ahead(timedelta(days=self.days))

    @property
    def days(self) -> int:
        """How many days have passed that really did not."""
        return int(self._store.data.get("days", 0))

    def let_pass(self, days: int) -> None:
        """Let one of `STEPS` pass; `ValueError` for any other, and after ten years."""
        if days not in STEPS or self.days + days > _FURTHEST:
            raise ValueError(days)
        self._store.data["days"] = self.days + days
        self._store.save()
        clock.run_ahead(timedelta(days=self.days))
