"""The ground of the Slack stand-in: its memory, its ids and its time stamps."""

import asyncio
from collections.abc import Callable
from secrets import token_hex
from typing import Any, TypeVar

import clock
from sandbox.store import Store

Json = dict[str, Any]
Found = TypeVar("Found")

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class State:
    """What the workspace remembers, kept in a `Store` so that a restart forgets nothing."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.revision = 0
        self._stirred = asyncio.Event()

    def table(self, name: str) -> Json:
        """One named part of the memory, created when first asked for."""
        part: Json = self.store.data.setdefault(name, {})
        return part

    def changed(self) -> None:
        """Keep what has just been changed, and wake whoever waits for it."""
        self.revision += 1
        self.store.save()
        self._stirred.set()
        self._stirred = asyncio.Event()

    async def until(self, condition: Callable[[], Found | None], *, within: float = 20.0) -> Found:
        """Wait until `condition()` is truthy and return it.

        Raises AssertionError after `within` seconds: a bot answers at once and works on in the
        background, so a test waits for what it promises to show.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while not (found := condition()):
            if loop.time() >= deadline:
                raise AssertionError(f"still not so after {within:g} s")
            try:
                await asyncio.wait_for(self._stirred.wait(), timeout=0.05)
            except TimeoutError:
                continue  # nothing stirred here; the condition may look at something else
        return found

    def new_id(self, prefix: str) -> str:
        """An id in Slack's manner, such as `V0000001B`, unique in this workspace."""
        counters = self.table("counters")
        counters["id"] = number = counters.get("id", 46655) + 1
        digits = ""
        while number:
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return f"{prefix}{digits:0>8}"

    def new_ts(self) -> str:
        """A message time stamp: seconds with six decimals, strictly rising, as Slack's are."""
        counters = self.table("counters")
        counters["ts"] = micros = max(
            round(clock.timestamp() * 1_000_000), counters.get("ts", 0) + 1
        )
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def new_secret(self) -> str:
        """The part of a trigger id or address that cannot be guessed."""
        return token_hex(16)
