"""A bounded part of the hunt, the same at each run; `make fuzz` goes on for as long as wanted."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.fuzz import web
from tests.fuzz.hunting import Target, Trial, hunt
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import ComplaintError, deadline


@pytest.mark.parametrize(
    "target", [one for one in TARGETS if one.few], ids=lambda target: target.name
)
def test_nothing_wild_breaks_anything(target: Target, tmp_path: Path) -> None:
    """Each is dealt with, or refused in words, in time, and leaves the books as they should be."""
    hunt(target, tmp_path, inputs=target.few, seed=20261122)


def test_every_route_is_tried(tmp_path: Path) -> None:
    """A new one is, too, without being named anywhere: they are the application's own."""

    async def count() -> tuple[int, int]:
        async with web.doors(tmp_path) as (door, known, fields):
            assert {"JARED30", "svg"} <= set(known)
            assert {"csrf", "email", "code"} <= set(fields)
            return len(door.routes), len(list(door.whole.routes()))

    tried, there = asyncio.run(count())
    assert tried == there > 150


def test_what_breaks_is_found(tmp_path: Path) -> None:
    """Something that falls over on one input in many is told with that input, and shrunk."""

    @asynccontextmanager
    async def fragile(_folder: Path) -> AsyncIterator[Trial]:
        async def attempt(given: int) -> None:
            await asyncio.sleep(0)
            if given > 100:
                logging.getLogger("somewhere").error("it broke")

        yield Trial(st.integers(0, 10_000), attempt)

    with pytest.raises(ComplaintError, match="it broke") as found:
        hunt(Target("fragile", fragile, share=1, few=1), tmp_path, inputs=100, seed=1)
    assert any("Wild(101)" in note or "=101" in note for note in found.value.__notes__)


def test_what_never_ends_is_ended() -> None:
    """A loop that waits for nothing is interrupted where it is."""

    def endless() -> None:
        with deadline(0.2):
            while True:
                pass

    with pytest.raises(ComplaintError, match="processor time"):
        endless()
