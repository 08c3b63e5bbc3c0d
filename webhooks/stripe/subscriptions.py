"""A subscription began, changed or ended: the referral's plan and status follow it."""

from domain import referrals
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.stripe.router import Hint, on


@on(
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
)
async def subscription_changed(job: Job[InboxEvent], hint: Hint) -> None:
    """Bring the referral to what the customer subscribes to now."""
    customer = hint.id_of("customer")
    standing = await hint.stripe.customers.standing(customer)
    if standing is None:
        return
    async with job.transaction() as session:
        await referrals.follow(
            session,
            customer,
            standing.price,
            standing.plan,
            standing.status,
            canceled_at=standing.canceled_at,
        )
