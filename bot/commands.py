"""The subcommands of `/affiliate`, each registered by the module of its noun."""

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.cards.blocks import Message

Answer = Callable[[str], Awaitable[Message]]
"""Answers a subcommand, given what was typed after its name."""

Errand = Callable[[str, AsyncArgs], Awaitable[Message | None]]
"""The same for a subcommand that also has to know who asks; None where it has opened a modal."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """`usage` is how it is typed, `purpose` a sentence for the help."""

    name: str
    usage: str
    purpose: str
    run: Errand


class Subcommands:
    """The registry of one bot."""

    def __init__(self) -> None:
        self._known: dict[str, Subcommand] = {}

    def add(self, usage: str, purpose: str, answer: Answer) -> None:
        """Register a subcommand; the first word of `usage` is its name."""

        async def run(text: str, _args: AsyncArgs) -> Message:
            return await answer(text)

        self.add_errand(usage, purpose, run)

    def add_errand(self, usage: str, purpose: str, run: Errand) -> None:
        """Register a subcommand that has to know who asks."""
        name = usage.split(maxsplit=1)[0]
        self._known[name] = Subcommand(name, usage, purpose, run)

    def all(self) -> list[Subcommand]:
        """Every subcommand, by name."""
        return [self._known[name] for name in sorted(self._known)]

    def named(self, name: str) -> Subcommand | None:
        """The subcommand of this name, in any letter case."""
        return self._known.get(name.lower())

    def near(self, name: str) -> str:
        """The name that was probably meant; empty if none is close."""
        return next(iter(difflib.get_close_matches(name.lower(), self._known, 1)), "")
