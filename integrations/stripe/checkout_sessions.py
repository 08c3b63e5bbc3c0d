"""Checkout sessions: Stripe's hosted page, on which one customer subscribes to one price."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe
from stripe.params.checkout import SessionCreateParams

from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.pace import Pace
from integrations.stripe.reports import CHECKOUT
from integrations.stripe.transport import transport


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """A session. `status` is open, complete or expired; only an open one has a `url`."""

    id: str
    url: str
    status: str
    expires_at: datetime


class CheckoutSessions:
    """Starts and ends checkout sessions. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace) -> None:
        self._v1 = v1
        self._pace = pace

    @understood
    async def start(
        self,
        checkout: str,
        *,
        price: str,
        promotion_code: str = "",
        coupon: str = "",
        customer: str = "",
        email: str = "",
        success_url: str,
        cancel_url: str,
        expires_at: datetime,
        metadata: Mapping[str, str] | None = None,
    ) -> CheckoutSession:
        """Open the page for one of our checkouts; started again, it is the same page.

        `promotion_code` and `coupon` are ids, of which one at most is given, as of `customer` and
        `email`. Stripe wants `expires_at` between 30 minutes and 24 hours from now. `checkout` and
        `metadata` go onto the session and onto the subscription.
        """
        kept = {**(metadata or {}), CHECKOUT: checkout}
        wish: SessionCreateParams = {
            "mode": "subscription",
            "line_items": [{"price": price, "quantity": 1}],
            "client_reference_id": checkout,
            "metadata": kept,
            "subscription_data": {"metadata": kept},
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int(expires_at.timestamp()),
        }
        if promotion_code:
            wish["discounts"] = [{"promotion_code": promotion_code}]
        if coupon:
            wish["discounts"] = [{"coupon": coupon}]
        if customer:
            wish["customer"] = customer
        if email:
            wish["customer_email"] = email
        with transport():
            made = await self._v1.checkout.sessions.create_async(
                wish, {"idempotency_key": f"checkout:{checkout}"}
            )
        return _session(made.to_dict())

    @understood
    async def fetch(self, session_id: str) -> CheckoutSession | None:
        """The session as it stands; None where there is none."""
        try:
            async with self._pace.read():
                found = await self._v1.checkout.sessions.retrieve_async(session_id)
        except TransportError as error:
            if error.code == "resource_missing":
                return None
            raise
        return _session(found.to_dict())

    @understood
    async def expire(self, session_id: str) -> CheckoutSession:
        """Close a page that nobody has paid on; one that is closed already stays as it is."""
        with transport():
            try:
                found = await self._v1.checkout.sessions.expire_async(session_id)
            except stripe.InvalidRequestError:
                found = await self._v1.checkout.sessions.retrieve_async(session_id)
                if found.status == "open":
                    raise
        return _session(found.to_dict())


def _session(found: dict[str, Any]) -> CheckoutSession:
    return CheckoutSession(
        id=found["id"],
        url=found.get("url") or "",
        status=found["status"],
        expires_at=datetime.fromtimestamp(found["expires_at"], tz=UTC),
    )
