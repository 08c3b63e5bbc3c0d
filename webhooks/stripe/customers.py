"""A customer signed up or was changed: their metadata may name who brought them."""

from domain.attribution import METADATA_KEYS
from storage import sales
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.stripe.router import Hint, on
from webhooks.stripe.settling import settle_event


@on("customer.created", "customer.updated")
async def customer_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle anew what was credited to nobody, now that the metadata may know better.

    A product often writes the code a moment after the purchase. Sales that somebody was
    credited for stay as they are.
    """
    customer = hint.id_of("id")
    if not set(METADATA_KEYS) & set(hint.object.get("metadata") or {}):
        return
    async with job.db.read() as session:
        known = await sales.of_customer(session, customer)
    orphans = [sale.invoice_id for sale in known if sale.outcome == "nobody"]
    if orphans:
        await settle_event(job, hint.stripe, orphans, customer)
