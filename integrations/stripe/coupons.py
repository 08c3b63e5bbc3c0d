"""Coupons: what is taken off, for how long, and from which products."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, cast

import stripe
from stripe.params import CouponCreateParams

from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.pace import Pace
from integrations.stripe.transport import transport

Duration = Literal["once", "repeating", "forever"]

_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class CouponTerms:
    """What a coupon does: either `percent_off`, or `amount_off` minor units of `currency`.

    `months` belongs to the duration `repeating`. `products` are ids; none means everything.
    """

    percent_off: Decimal | None = None
    amount_off: int | None = None
    currency: str = ""
    duration: Duration = "once"
    months: int | None = None
    products: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """The terms for an operator: `30 % off, once`."""
        if self.percent_off is not None:
            worth = f"{self.percent_off.normalize():f} %"
        else:
            worth = f"{self.amount_off} minor units of {self.currency.upper()}"
        months = f" for {self.months} months" if self.months else ""
        only = f", on {', '.join(sorted(self.products))}" if self.products else ""
        return f"{worth} off, {self.duration}{months}{only}"


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon. One that is not `valid` has been used up or is past its date."""

    id: str
    terms: CouponTerms
    valid: bool
    metadata: Mapping[str, str] = field(default_factory=dict)


class Coupons:
    """Asks for coupons and makes them. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace) -> None:
        self._v1 = v1
        self._pace = pace

    @understood
    async def fetch(self, coupon_id: str) -> Coupon | None:
        """The coupon; None where it was deleted or never was."""
        try:
            async with self._pace.read():
                found = await self._v1.coupons.retrieve_async(coupon_id, {"expand": ["applies_to"]})
        except TransportError as error:
            if error.code == "resource_missing":
                return None
            raise
        return _coupon(found.to_dict())

    @understood
    async def ensure(
        self,
        coupon_id: str,
        terms: CouponTerms,
        *,
        name: str = "",
        metadata: Mapping[str, str] | None = None,
        max_redemptions: int | None = None,
        redeem_by: datetime | None = None,
    ) -> Coupon:
        """Make the coupon of this id, or return it where it was made before.

        A coupon of that id with other terms is a `TransportError` of code `coupon_differs`, never
        a wrong discount. Customers read `name`, of which Stripe takes 40 characters.
        """
        wish: CouponCreateParams = {
            "id": coupon_id,
            "duration": terms.duration,
            "metadata": dict(metadata or {}),
            "expand": ["applies_to"],
        }
        if terms.percent_off is not None:
            wish["percent_off"] = float(terms.percent_off)
        if terms.amount_off is not None:
            wish["amount_off"] = terms.amount_off
            wish["currency"] = terms.currency
        if terms.months is not None:
            wish["duration_in_months"] = terms.months
        if terms.products:
            wish["applies_to"] = {"products": sorted(terms.products)}
        if name:
            wish["name"] = name[:_LONGEST_NAME]
        if max_redemptions is not None:
            wish["max_redemptions"] = max_redemptions
        if redeem_by is not None:
            wish["redeem_by"] = int(redeem_by.timestamp())
        with transport():
            try:
                found = await self._v1.coupons.create_async(wish)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_already_exists":
                    raise
                found = await self._v1.coupons.retrieve_async(coupon_id, {"expand": ["applies_to"]})
        coupon = _coupon(found.to_dict())
        if coupon.terms != terms:
            raise TransportError(
                f"Stripe already has a coupon {coupon_id} with other terms: {coupon.terms}. "
                f"Delete it in Stripe: {terms} is wanted.",
                permanent=True,
                code="coupon_differs",
            )
        return coupon


def _coupon(found: dict[str, Any]) -> Coupon:
    percent = found.get("percent_off")
    return Coupon(
        id=found["id"],
        terms=CouponTerms(
            percent_off=None if percent is None else Decimal(str(percent)),
            amount_off=found.get("amount_off"),
            currency=found.get("currency") or "",
            duration=cast("Duration", found["duration"]),
            months=found.get("duration_in_months"),
            products=frozenset((found.get("applies_to") or {}).get("products") or ()),
        ),
        valid=found["valid"],
        metadata=dict(found.get("metadata") or {}),
    )
