"""The card of discount codes that were made at once: how far Stripe is with them."""

from typing import Final

from bot.cards.blocks import (
    Json,
    Message,
    actions,
    bullets,
    button,
    clean,
    code,
    escaped,
    header,
    rich,
    said,
    section,
    sign,
    when,
    words,
)
from bot.cards.discount_codes import terms_in_words
from bot.code_batches import Batch
from domain.code_terms import terms_of
from domain.money import number

NAMED_MAX: Final = 10


def batch_card(batch: Batch) -> Message:
    """The card as it must look now."""
    sentence = _progress(batch)
    first = batch.codes[0]
    by = words(clean(first.created_by) or "somebody", 100)
    blocks = [
        header(f"{number(len(batch.codes))} codes {batch.name}-…"),
        rich(section(sign(good=not batch.refused), said(" "), said(sentence, bold=True))),
        rich(
            section(
                words(f"Each: {terms_in_words(terms_of(first), batch.program)}", 600),
                said("\nMade by "),
                by,
                said(" · "),
                when(first.created_at),
            )
        ),
    ]
    if batch.refused:
        blocks.append(_refused(batch))
    if batch.refused and batch.done:
        blocks.append(actions(button("Retry refused", "code_batch.retry", str(batch.id))))
    return escaped(sentence), blocks


def _progress(batch: Batch) -> str:
    count, there = len(batch.codes), batch.at_stripe
    if not batch.done:
        return f"{number(there)} of {number(count)} are at Stripe …"
    if there == count:
        return f"All {number(count)} are at Stripe. The file with them is in the thread."
    return (
        f"{number(there)} of {number(count)} are at Stripe, {number(len(batch.refused))} are not. "
        "The file in the thread says which and why."
    )


def _refused(batch: Batch) -> Json:
    lines = [
        section(code(made.code), said(": "), words(problem, 200))
        for made, problem in batch.refused[:NAMED_MAX]
    ]
    if len(batch.refused) > NAMED_MAX:
        lines.append(section(said(f"… and {number(len(batch.refused) - NAMED_MAX)} more.")))
    return rich(section(said("Not at Stripe:", bold=True)), bullets(*lines))
