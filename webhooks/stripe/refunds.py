"""Money went back, or tried to: refunds, by themselves, on their charge, or by a credit note."""

from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.stripe.router import Hint, on
from webhooks.stripe.settling import settle_event


@on("refund.created", "refund.updated", "refund.failed")
async def refund_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoices whose payment is being given back."""
    await settle_payment(job, hint, charge=hint.id_of("charge"))


@on("charge.refunded")
async def charge_refunded(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoices that the charge paid."""
    await settle_payment(job, hint, charge=hint.id_of("id"))


@on("credit_note.created")
async def credit_note_created(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoice that was credited; only what was given back counts."""
    await settle_event(job, hint.stripe, [hint.id_of("invoice")], hint.id_of("customer"))


async def settle_payment(job: Job[InboxEvent], hint: Hint, *, charge: str) -> None:
    """Settle the invoices behind a payment, known by its intent or else by its charge."""
    intent = hint.id_of("payment_intent")
    if not intent and not charge:
        invoices: tuple[str, ...] = ()
    else:
        invoices = await hint.stripe.invoices.of_payment(intent=intent, charge=charge)
    await settle_event(job, hint.stripe, invoices)
