"""A customer's bank took a payment back, or gave it again."""

from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.stripe.refunds import settle_payment
from webhooks.stripe.router import Hint, on


@on(
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
)
async def dispute_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoices whose payment is disputed."""
    await settle_payment(job, hint, charge=hint.id_of("charge"))
