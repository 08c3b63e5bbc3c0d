"""The modal in which finance says why a tax form is sent back."""

from bot.cards.blocks import Json, rich, said, section, words
from bot.cards.payouts import name_of
from bot.cards.taxes import title_of
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.taxes import View

REASONS = (
    "The name and the tax number do not belong together. Use the name on your tax return.",
    "The form is for another kind of person. Please answer the three questions again.",
    "The address is not whole. Please give street, city and postal code.",
    "We can no longer read your tax number. Please send the form again.",
)
"""Reasons to send a form back, ready to be mailed."""


def sending_back(view: View, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, which is mailed; says whose form it is."""
    who = words(name_of(view.affiliate), 70, bold=True)
    about = rich(section(who, said(f" · {title_of(view.form)}")))
    hint = f"Mailed to {view.affiliate.email}. They are not paid until they send the form again."
    return modal(
        "Send back tax form",
        [about, *reason_blocks(hint, REASONS, reason, asks="tax_send_back")],
        callback_id="tax.send_back",
        submit="Send back",
        metadata=errand.packed(),
    )
