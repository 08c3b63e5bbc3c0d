"""Somebody bought on Stripe's hosted page, or left it until it closed."""

from uuid import UUID

from domain import checkouts
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.router import ignore
from webhooks.stripe.router import Hint, on
from webhooks.stripe.settling import settle_event


@on("checkout.session.completed")
async def checkout_completed(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle the invoice that the purchase made; one without an invoice is none of ours."""
    checkout = await _ours(job, hint)
    if checkout is not None:
        async with job.db.transaction() as session:
            await checkouts.complete(session, checkout)
    await settle_event(job, hint.stripe, [hint.id_of("invoice")], hint.id_of("customer"))


@on("checkout.session.expired")
async def checkout_expired(job: Job[InboxEvent], hint: Hint) -> None:
    """Give back the uses that the checkout held."""
    checkout = await _ours(job, hint)
    if checkout is None:
        await ignore(job)
        return
    async with job.transaction() as session:
        await checkouts.release(session, checkout)


async def _ours(job: Job[InboxEvent], hint: Hint) -> UUID | None:
    """The checkout by its session, or by our own id where the session was never noted."""
    async with job.db.read() as session:
        return await checkouts.find(session, hint.id_of("id"), hint.id_of("client_reference_id"))
