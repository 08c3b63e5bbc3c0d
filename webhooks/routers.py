"""The routers of every source, with their handlers loaded."""

from webhooks.clerk.users import router as clerk
from webhooks.stripe import (
    accounts,
    checkout,
    codes,
    customers,
    disputes,
    invoices,
    refunds,
    subscriptions,
    transfers,
)
from webhooks.stripe.router import router as stripe
from webhooks.tally.submissions import router as tally

__all__ = [
    "ROUTERS",
    "accounts",
    "checkout",
    "codes",
    "customers",
    "disputes",
    "invoices",
    "refunds",
    "subscriptions",
    "transfers",
]

ROUTERS = (stripe, tally, clerk)
