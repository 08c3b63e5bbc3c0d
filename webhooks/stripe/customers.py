"""A customer signed up or was changed: their metadata may say who brought them, or who they are."""

from domain.attribution import METADATA_KEYS, USER_KEYS
from storage import sales
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.stripe.router import Hint, on
from webhooks.stripe.settling import settle_event


@on("customer.created", "customer.updated")
async def customer_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Settle anew what was credited to nobody, now that the metadata may know better.

    A product often writes the code, or which user it is, a moment after the purchase. Sales that
    somebody was credited for stay as they are.
    """
    customer = hint.id_of("id")
    metadata = set(hint.object.get("metadata") or {})
    # Most users came by no link: only what was just written is news of one.
    is_known_now = "metadata" in hint.before and bool(metadata & set(USER_KEYS))
    if not metadata & set(METADATA_KEYS) and not is_known_now:
        return
    async with job.db.read() as session:
        known = await sales.of_customer(session, customer)
    orphans = [sale.invoice_id for sale in known if sale.outcome == "nobody"]
    if orphans:
        await settle_event(job, hint.stripe, orphans, customer)
