"""`/affiliate settings`: what can be switched on and off, each with what it is now."""

from typing import Final

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    confirmation,
    header,
    rich,
    said,
    section,
)
from domain.money import percent
from domain.program import Program
from domain.two_tier import BASES

SET: Final = "program.switch"
"""The value of a button of this is a setting, a space, and what it becomes, as JSON has it."""

_ON: Final = {True: "on", False: "off"}


def switches_card(program: Program, news: str = "") -> Message:
    """The switches as they are; `news` is what just became of one."""
    tiers_on, board_on = program.two_tier_enabled, program.leaderboard_enabled
    by_name = program.leaderboard_privacy == "opt_in"
    share = f"{percent(program.second_tier_rate_bp)} of {BASES[program.second_tier_base]}"
    names = "the names of those who want that" if by_name else "initials only"
    blocks: list[Json] = [
        header("Settings"),
        *([rich(section(said(news, bold=True)))] if news else []),
        _line(f"Two tiers are {_ON[tiers_on]}", f"Who recruits an affiliate earns {share}."),
        actions(
            _switch(
                "two_tier_enabled",
                on=tiers_on,
                off="Recruit links earn nothing for sales from now on. What was earned stays.",
            )
        ),
        _line(f"The leaderboard is {_ON[board_on]}", f"Affiliates see who did best, by {names}."),
        actions(
            _switch(
                "leaderboard_enabled",
                on=board_on,
                off="Affiliates do not see the leaderboard any more. Operators still do.",
            ),
            button(
                "Initials only" if by_name else "Names of who wants that",
                f"{SET}.names",
                f'leaderboard_privacy "{"initials" if by_name else "opt_in"}"',
            ),
        ),
    ]
    return "Settings", blocks


def _line(words: str, about: str) -> Json:
    return rich(section(said(words, bold=True), said(f". {about}")))


def _switch(setting: str, *, on: bool, off: str) -> Json:
    if on:
        sure = confirmation("Switch it off?", off, "Switch off")
        return button("Switch off", f"{SET}.{setting}", f"{setting} false", confirm=sure)
    return button("Switch on", f"{SET}.{setting}", f"{setting} true", style="primary")
