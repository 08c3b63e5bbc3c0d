"""Somebody bought on Stripe's hosted page."""

from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.stripe.router import Hint, on
from webhooks.stripe.settling import settle_event


@on("checkout.session.completed")
async def checkout_completed(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoice that the purchase made; one without an invoice is none of ours."""
    await settle_event(job, hint.stripe, [hint.id_of("invoice")], hint.id_of("customer"))
