"""Customers: who pays, what their metadata says, and what they subscribe to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import stripe

from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.pace import Pace
from integrations.stripe.payments import MOST
from integrations.stripe.plans import Plans
from integrations.stripe.transport import transport

_RUNNING: Final = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete")


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer. `card` is the fingerprint of a card that paid; a deleted one has no metadata."""

    id: str
    email: str
    metadata: Mapping[str, str]
    card: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The subscription that says most of a customer now: its price, and the status at Stripe.

    `plan` is the price's short name. `canceled_at` is when it was cancelled, also where it runs on
    to the end of what is paid.
    """

    price: str
    plan: str
    status: str
    canceled_at: datetime | None = None


class Customers:
    """Asks for customers and writes into their metadata. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace, plans: Plans) -> None:
        self._v1 = v1
        self._pace = pace
        self._plans = plans

    @understood
    async def fetch(self, customer_id: str) -> Customer | None:
        """The customer; None where they were deleted or never were."""
        try:
            async with self._pace.read():
                found = (await self._v1.customers.retrieve_async(customer_id)).to_dict()
        except TransportError as error:
            if error.code == "resource_missing":
                return None
            raise
        return None if found.get("deleted") else read_customer(found)

    @understood
    async def standing(self, customer_id: str) -> Standing | None:
        """Of all subscriptions the one that runs best, of those the newest; None without any."""
        async with self._pace.read():
            page = await self._v1.subscriptions.list_async(
                {"customer": customer_id, "status": "all", "limit": MOST}
            )
            found = [one.to_dict() async for one in page.auto_paging_iter()]
        if not found:
            return None
        best = min(found, key=lambda one: (_rank(one["status"]), -one["created"]))
        price = best["items"]["data"][0]["price"]
        moment = best.get("canceled_at")
        return Standing(
            price["id"],
            await self._plans.slug(price["id"], [price]),
            best["status"],
            datetime.fromtimestamp(moment, tz=UTC) if moment else None,
        )

    async def tag(self, customer_id: str, metadata: Mapping[str, str]) -> None:
        """Merge keys into the customer's metadata; others stay. Safe to repeat."""
        with transport():
            await self._v1.customers.update_async(customer_id, {"metadata": dict(metadata)})


def read_customer(found: Any, *, email: str = "", card: str = "") -> Customer:
    """Read a customer that may be an id only, deleted, or missing from the invoice."""
    if not isinstance(found, dict):
        return Customer(str(found or ""), email, {}, card)
    return Customer(
        id=found["id"],
        email=found.get("email") or email,
        metadata=dict(found.get("metadata") or {}),
        card=card,
    )


def _rank(status: str) -> int:
    return _RUNNING.index(status) if status in _RUNNING else len(_RUNNING)
