"""Payment files that are not paid yet, and what can be done about each."""

from collections.abc import Sequence

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    button,
    clean,
    confirmation,
    divider,
    header,
    rich,
    said,
    section,
    when,
    words,
)
from bot.cards.payouts import name_of
from domain.money import money
from domain.payout_batches import Payment, View, total
from storage.payout_batches import PayoutBatch

SHOWN_MAX = 12
"""A batch takes three blocks, and a message holds fifty."""
NAMED_MAX = 10
"""What was left alone is named in one sentence."""


def batches_card(
    made: int, left_out: int, waiting: Sequence[tuple[PayoutBatch, int, int]]
) -> Message:
    """The answer to `/affiliate payouts batch`: what was sent, and every batch to be paid."""
    sentence = (
        f"{made} payment file{'s' * (made != 1)} sent to you in a direct message."
        if made
        else "No approved payout waits for a payment file."
    )
    if left_out:
        sentence += (
            f" {left_out} approved {'payout fits' if left_out == 1 else 'payouts fit'} into no "
            "file: pay by hand, see /affiliate payouts."
        )
    if len(waiting) > made:
        sentence += " Files that were made before are not marked paid: see below."
    blocks = [header("Payment files"), rich(section(said(sentence)))]
    for batch, count, amount in reversed(waiting[-SHOWN_MAX:]):
        blocks += [divider(), _about(batch, count, amount), _buttons(batch, count, amount)]
    if len(waiting) > SHOWN_MAX:
        more = f"… and {len(waiting) - SHOWN_MAX} older ones: settle these first."
        blocks.append(rich(section(said(more))))
    return sentence, blocks


def payments_of(batch: PayoutBatch, payments: Sequence[Payment]) -> str:
    """How many payouts of a batch these are, and their sum."""
    return _payments(batch, len(payments), total(payments))


def left_alone(view: View) -> str:
    """A sentence that names what was in the file and is not to be paid with it; or nothing."""
    if not view.alone:
        return ""
    named = [
        f"{money(payout.amount_cents, payout.currency)} to {name_of(affiliate)} "
        f"({payout.number}), {payout.status}"
        for payout, affiliate in view.alone
    ]
    if len(named) > NAMED_MAX:
        named[NAMED_MAX:] = [f"and {len(named) - NAMED_MAX} more"]
    return f" Left alone: {'; '.join(named)}."


def _payments(batch: PayoutBatch, count: int, amount: int) -> str:
    return f"{count} payout{'s' * (count != 1)}, {money(amount, batch.currency)}"


def _about(batch: PayoutBatch, count: int, amount: int) -> Json:
    name = f"Batch {batch.number} · {batch.service}"
    about = f" · {_payments(batch, count, amount)}\nMade by "
    by = words(clean(batch.made_by), 100)
    return rich(section(said(name, bold=True), said(about), by, said(" · "), when(batch.made_at)))


def _buttons(batch: PayoutBatch, count: int, amount: int) -> Json:
    value = str(batch.number)
    question = confirmation(
        f"Release batch {batch.number}?",
        f"Only if its file was never uploaded, or they are paid twice: "
        f"{_payments(batch, count, amount)} come into the next file.",
        "It was not uploaded",
    )
    return actions(
        button("Mark batch paid", "payout_batch.mark_paid", value, style="primary"),
        button("Send file again", "payout_batch.send_again", value),
        button("Release batch", "payout_batch.release", value, style="danger", confirm=question),
    )
