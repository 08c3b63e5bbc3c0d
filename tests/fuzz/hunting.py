"""A target, and a hunt: so many inputs, made up by hypothesis from a seed."""

import asyncio
import importlib.util
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.watch import GROWTH_MB, ComplaintError, Watch, deadline, in_time, peak_mb

SHOWN: Final = 1500

Attempt = Callable[[Any], Coroutine[Any, Any, None]]


async def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Trial:
    """What is tried on a world that is ready: the inputs, one attempt, and a look at the end."""

    inputs: st.SearchStrategy[Any]
    attempt: Attempt
    inspect: Callable[[], Coroutine[Any, Any, None]] = _nothing


@dataclass(frozen=True, repr=False)
class Wild:
    """An input, shown in letters that any terminal shows, and not all of them."""

    given: Any

    def __repr__(self) -> str:
        """The input, or how it begins."""
        said = ascii(self.given)
        return said if len(said) <= SHOWN else f"{said[:SHOWN]}… ({len(said)} letters)"


Open = Callable[[Path], AbstractAsyncContextManager[Trial]]
"""Makes a world for a trial, with its files in a folder."""


@dataclass(frozen=True)
class Target:
    """Something that takes what comes from outside.

    `share` is its part of a long run, by thousands; `few` how many inputs a short one gives it:
    none where it takes too long to begin.
    """

    name: str
    open: Open
    share: int
    few: int


def hunt(
    target: Target, folder: Path, *, inputs: int, seed: int, each: Callable[[], None] = lambda: None
) -> None:
    """Try so many inputs on a fresh world. Raises what is wrong with the smallest one found."""
    before = peak_mb()
    watch = Watch()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner, watch.listening(runner.get_loop()):
        stack = AsyncExitStack()
        try:
            trial = runner.run(stack.enter_async_context(target.open(folder)))
            watch.errors.clear()

            @hypothesis.seed(seed)
            @_profile(inputs)
            @given(trial.inputs.map(Wild))
            def one(wild: Wild) -> None:
                each()
                with deadline():
                    runner.run(in_time(trial.attempt(wild.given)))
                watch.require_quiet()

            one()
            runner.run(trial.inspect())
        finally:
            runner.run(stack.aclose())
    if (grown := peak_mb() - before) > GROWTH_MB:
        raise ComplaintError(f"{target.name} took {grown} MB more than there were before.")


def _profile(inputs: int) -> settings:
    """As many as asked, none remembered, and no time for each: `deadline` knows about that."""
    return settings(
        max_examples=inputs,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )


_UVLOOP: Final = importlib.util.find_spec("uvloop") is not None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop that the server runs on."""
    if not _UVLOOP:
        return None
    made: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    return made
