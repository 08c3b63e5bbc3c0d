"""The modal in which finance says that a whole payment file was paid."""

from bot.cards.blocks import Json, asked, rich, said, section, sign, words
from bot.cards.payout_batches import left_alone, payments_of
from bot.errands import Errand
from bot.modals.frame import modal
from bot.modals.payouts import reference_field
from domain.payout_batches import View

_LEFT_MAX = 2000


def payment(view: View, errand: Errand) -> Json:
    """Tell number and sum, and ask for the one reference of all."""
    batch = view.batch
    about = f" · batch {batch.number} · {batch.service}"
    blocks = [rich(section(said(payments_of(batch, view.waiting), bold=True), said(about)))]
    if left := left_alone(view):
        blocks.append(rich(section(sign(good=False), said(" "), words(left, _LEFT_MAX))))
    hint = "The number of the batch at the service. Each affiliate is mailed it."
    blocks.append(asked("Reference", reference_field(), block_id="reference", hint=hint))
    return modal(
        "Mark batch paid",
        blocks,
        callback_id="payout_batch.mark_paid",
        submit=f"Mark {len(view.waiting)} paid",
        metadata=errand.packed(),
    )
