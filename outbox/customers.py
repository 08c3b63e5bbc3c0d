"""What the product reads of a customer: who brought them, and what they subscribe to.

Written into the metadata of the customer at Stripe and of their user at Clerk.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from domain import effects, program, referrals
from integrations.clerk import Clerk, ClerkUser
from integrations.errors import TransportError
from integrations.stripe import StripeGateway
from integrations.stripe.customers import Customer, Standing
from outbox.registry import effect
from outbox.services import Services
from storage import referrals as rows
from storage.outbox import Effect
from storage.worker import Job

CODE: Final = "affiliateCodeUsed"
ACTIVE: Final = frozenset({"active", "trialing"})
"""Stripe's statuses of a subscription in which the product is open to the customer."""

_USER_KEYS: Final = ("clerkUserId", "clerk_user_id")


@effect(effects.CUSTOMER_TAG)
async def tag_customer(job: Job[Effect], services: Services) -> None:
    """Write the code that brought a customer, with their plan and its status as they are now."""
    if services.stripe is None:
        return
    customer_id = job.row.payload["customer"]
    async with services.db.read() as session:
        referral = await rows.of_customer(session, customer_id)
        settings = await program.load(session)
    customer = await services.stripe.customers.fetch(customer_id)
    if referral is None or customer is None:
        return
    found = await services.stripe.customers.standing(customer_id)
    standing = found and replace(found, plan=settings.plan_of(found.price, found.plan))
    await _tag_at_stripe(services.stripe, customer, referral.code_used)
    if services.clerk is not None:
        await _tag_at_clerk(services, services.clerk, customer, referral.code_used, standing)
    if standing is not None:
        async with job.transaction() as session:
            await referrals.note(
                session,
                customer_id,
                standing.price,
                standing.plan,
                standing.status,
                canceled_at=standing.canceled_at,
            )


async def _tag_at_stripe(stripe: StripeGateway, customer: Customer, code: str) -> None:
    """Write only what is not there yet: each change is an event that comes back to us."""
    if code and customer.metadata.get(CODE) != code:
        await stripe.customers.tag(customer.id, {CODE: code})


async def _tag_at_clerk(
    services: Services, clerk: Clerk, customer: Customer, code: str, standing: Standing | None
) -> None:
    user = await _user_of(clerk, customer)
    if user is not None:
        patch = {services.settings.clerk_namespace: user_metadata(code, standing)}
        await clerk.merge_private_metadata(user.id, patch)


def user_metadata(code: str, standing: Standing | None) -> Mapping[str, Any]:
    """The customer's keys of the canonical schema; those that are not known stay untouched."""
    known: dict[str, Any] = {CODE: code} if code else {}
    if standing is not None:
        known |= {
            "billingPlan": standing.plan,
            "subscriptionStatus": standing.status,
            "subscriberActive": standing.status in ACTIVE,
        }
    return known


async def _user_of(clerk: Clerk, customer: Customer) -> ClerkUser | None:
    """The user whom the customer's metadata names, else the owner of their mail address."""
    named = next((customer.metadata[key] for key in _USER_KEYS if customer.metadata.get(key)), "")
    if named:
        try:
            return await clerk.get_user(named)
        except TransportError as error:
            if error.code != "resource_not_found":
                raise
    return await clerk.find_user_by_email(customer.email) if customer.email else None
