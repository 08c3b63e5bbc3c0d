"""The App Home: what waits for an operator, and whether all is well."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cards.blocks import (
    Json,
    actions,
    button,
    divider,
    header,
    rich,
    said,
    section,
    words,
)
from bot.cards.code_list import list_blocks
from bot.cards.health import health_blocks
from bot.cards.queue import queue_blocks
from bot.code_lists import CodeList
from bot.health import Health
from storage.applications import Application


@dataclass(frozen=True, slots=True)
class CodeNews:
    """The discount codes that somebody looks at, what just became of one, and what undoes it."""

    found: CodeList
    news: str = ""
    undo: Json | None = None


@dataclass(frozen=True, slots=True)
class Motivation:
    """How many milestones count, how many contests run, and how many wait for a winner."""

    milestones: int
    running: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Home:
    """What the App Home shows. The counts are by status; None for taxes where forms are off.

    `reviews` counts the affiliates who are paused for a fraud score, `networks` says in a sentence
    which affiliate networks are in use, and whether one refused something.
    """

    pending: Sequence[Application]
    applications: dict[str, int]
    affiliates: dict[str, int]
    health: Health
    codes: CodeNews
    motivation: Motivation
    taxes: dict[str, int] | None = None
    reviews: int = 0
    networks: str = ""


def home_view(home: Home) -> Json:
    """The App Home of a reviewer."""
    blocks = [
        header("Applications"),
        *queue_blocks(home.pending, home.applications.get("pending", 0)),
        divider(),
        *list_blocks(home.codes.found, home.codes.news, home.codes.undo),
        divider(),
        header("The program"),
        rich(section(said(_counted("Affiliates", home.affiliates)))),
        rich(section(said(_counted("Applications", home.applications)))),
        *([rich(section(said(_reviews(home.reviews), bold=True)))] if home.reviews else []),
        *([rich(section(said(_counted("Tax forms", home.taxes))))] if home.taxes else []),
        rich(section(said(_motivation(home.motivation)))),
        *([rich(section(said(home.networks)))] if home.networks else []),
        actions(
            button("Milestones", "milestone.list", "home"),
            button("Contests", "contest.list", "home"),
            button("Networks", "network.list", "home"),
        ),
        divider(),
        header("Health"),
        *health_blocks(home.health),
    ]
    return {
        "type": "home",
        "blocks": blocks,
        "private_metadata": home.codes.found.looking.packed(),
    }


def closed_view(reason: str) -> Json:
    """The App Home of everybody else."""
    return {"type": "home", "blocks": [header("Affiliate Desk"), rich(section(words(reason)))]}


def _reviews(count: int) -> str:
    who = "1 affiliate is" if count == 1 else f"{count} affiliates are"
    return f"{who} paused for a fraud score, until you decide: /affiliate queue"


def _counted(label: str, counts: dict[str, int]) -> str:
    listed = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    return f"{label}: {listed or 'none yet'}."


def _motivation(found: Motivation) -> str:
    contests = f"{found.running} running" if found.running else "none running"
    if found.undecided:
        contests += f", {found.undecided} waiting for a winner"
    return f"Milestones: {found.milestones or 'none yet'}. Contests: {contests}."
