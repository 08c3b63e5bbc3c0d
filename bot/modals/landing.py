"""The modal in which an operator says why a partner page is taken down."""

from bot.cards.blocks import Json, rich, said, section, words
from bot.cards.payouts import name_of
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.landing import View

REASONS = (
    "The page promises results. Say what you use the product for instead.",
    "The photo is not yours, or does not show you. Please use another one.",
    "The page speaks in our name. Make plain that you are a partner.",
)
"""Reasons to take a page down, ready to be mailed."""


def take_down(view: View, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, which is mailed; says whose page it is."""
    about = rich(
        section(
            words(name_of(view.affiliate), 70, bold=True), said(f" · /partner/{view.page.slug}")
        )
    )
    hint = f"Mailed to {view.affiliate.email}. Nobody sees the page until it is put back."
    return modal(
        "Take down page",
        [about, *reason_blocks(hint, REASONS, reason, asks="landing_take_down")],
        callback_id="landing.take_down",
        submit="Take down",
        metadata=errand.packed(),
    )
