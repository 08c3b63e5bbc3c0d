"""The modal in which an operator says why somebody is not erased."""

from bot.cards.blocks import Json, rich, said, section, words
from bot.cards.payouts import name_of
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.erasure import View

REASONS = (
    "We need your data to establish, exercise or defend legal claims.",
    "A dispute about one of your sales is not settled yet. Please ask again after it.",
    "We could not make sure that it was you who asked.",
)
"""Reasons that the law knows, ready to be mailed."""


def keeping(view: View, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, which is mailed; says whose request it is."""
    about = rich(section(words(name_of(view.affiliate), 70, bold=True), said(" asks to be erased")))
    hint = f"Mailed to {view.affiliate.email}: the law wants a refusal to have a reason."
    return modal(
        "Keep the data",
        [about, *reason_blocks(hint, REASONS, reason, asks="privacy_keep")],
        callback_id="privacy.keep",
        submit="Keep",
        metadata=errand.packed(),
    )
