"""The modals in which an operator says why an affiliate is paused or banned."""

from dataclasses import dataclass

from bot.cards.blocks import Json, code, rich, said, section, words
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.statuses import Status
from storage.affiliates import Affiliate


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


def why(step: Step, affiliate: Affiliate, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, which is mailed; says whom it is about."""
    action = step.word.lower()
    name = affiliate.name
    about = rich(
        section(words(name, 150, bold=True), said(" · promo code "), code(affiliate.promo_code))
    )
    hint = f"The reason is mailed to {affiliate.email}, and the code stops working at once."
    return modal(
        step.word,
        [
            about,
            *reason_blocks(hint, step.usual_reasons, reason, asks=action),
        ],
        callback_id=f"affiliate.{action}",
        submit=step.word,
        metadata=errand.packed(),
    )
