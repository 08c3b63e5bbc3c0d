"""The modals in which finance turns a payout down, or says how it was paid."""

from bot.cards.blocks import Json, asked, plain, rich, said, section, sign, words
from bot.cards.payouts import amount_of, payee_of
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.reasons import reason_blocks
from domain.payout_methods import label
from domain.payout_views import View
from domain.payouts import REFERENCE_MAX

REASONS = (
    "Recent sales are still being checked. Please ask again in two weeks.",
    "We could not pay to the account that you gave. Please correct it and ask again.",
    "Refunds are coming for some of these sales. Please ask again once they are settled.",
)
"""Reasons to turn a payout down, ready to be mailed."""
_BEFORE_REJECTING = "If that was uploaded, it may be paid already: look before you reject it."
_BEFORE_PAYING = "Was the whole file paid? /affiliate payouts batch marks all of it at once."


def rejection(view: View, errand: Errand, reason: str = "") -> Json:
    """Ask for the reason, which is mailed."""
    hint = f"Mailed to {view.affiliate.email}. The amount goes back into their balance."
    blocks = reason_blocks(hint, REASONS, reason, asks="payout_rejection")
    return modal(
        "Reject payout",
        [_about(view), *_in_file(view, _BEFORE_REJECTING), *blocks],
        callback_id="payout.reject",
        submit="Reject payout",
        metadata=errand.packed(),
    )


def payment(view: View, errand: Errand) -> Json:
    """Ask for the proof of a payment that was made by hand."""
    hint = "The number of the payment, or a link to it. The affiliate is mailed it."
    blocks = [
        _about(view),
        *_in_file(view, _BEFORE_PAYING),
        asked("Reference", reference_field(), block_id="reference", hint=hint),
    ]
    return modal(
        "Mark paid",
        blocks,
        callback_id="payout.mark_paid",
        submit="Mark paid",
        metadata=errand.packed(),
    )


def reference_field() -> Json:
    """The field in which a payment is named."""
    return {
        "type": "plain_text_input",
        "action_id": "reference",
        "max_length": REFERENCE_MAX,
        "placeholder": plain("PayPal 7AB12345CD678901E"),
        "focus_on_load": True,
    }


def _in_file(view: View, advice: str) -> list[Json]:
    """What to think of before deciding on a payout that a payment file holds."""
    if view.payout.batch is None:
        return []
    where = f" It is in payment file {view.payout.batch}. {advice}"
    return [rich(section(sign(good=False), said(where, bold=True)))]


def _about(view: View) -> Json:
    to = view.payout.destination or "no account was given"
    return rich(
        section(
            said(f"{amount_of(view)} to "),
            words(payee_of(view), 70, bold=True),
            said(f" · {label(view.payout.method)} · "),
            words(to),
        )
    )
