"""An invoice was paid, failed or was voided, or one of its payments came in."""

from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.stripe.router import Hint, on
from webhooks.stripe.settling import settle_event


@on("invoice.paid", "invoice.payment_failed", "invoice.voided")
async def invoice_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoice as it stands."""
    await settle_event(job, hint.stripe, [hint.id_of("id")], hint.id_of("customer"))


@on("invoice_payment.paid")
async def payment_came_in(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoice that the payment is for."""
    await settle_event(job, hint.stripe, [hint.id_of("invoice")])
