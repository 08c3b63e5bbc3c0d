"""The modals in which an operator says why an affiliate is paused or banned."""

from dataclasses import dataclass

from bot.cards.blocks import Json
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.applications import REASON_MAX
from domain.statuses import Status


@dataclass(frozen=True, slots=True)
class Step:
    """One way to change an affiliate's status; `word` is on its button."""

    word: str
    status: Status
    usual_reasons: tuple[str, ...]


PAUSE = Step(
    "Pause",
    Status.PAUSED,
    (
        "We are looking into recent sales with your code.",
        "Your latest posts lack the disclosure that the terms ask for.",
        "Please answer our last mail before we go on.",
    ),
)
BAN = Step(
    "Ban",
    Status.TERMINATED,
    (
        "Your code was spread on coupon sites, which the terms rule out.",
        "Purchases were made with your own code.",
        "Claims of guaranteed profit were made, which the terms rule out.",
    ),
)


def why(step: Step, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, which is mailed."""
    action = step.word.lower()
    hint = "The reason is mailed to the affiliate, and their code stops working at once."
    return modal(
        step.word,
        reason_blocks(hint, step.usual_reasons, reason, longest=REASON_MAX, asks=action),
        callback_id=f"affiliate.{action}",
        submit=step.word,
        metadata=errand.packed(),
    )
