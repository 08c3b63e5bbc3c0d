"""Promotion codes: the words that customers type to redeem a coupon."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import stripe
from stripe.params import PromotionCodeCreateParams

from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.coupons import Coupons, CouponTerms
from integrations.stripe.pace import Pace
from integrations.stripe.transport import transport

OWNER: Final = "affiliate_id"
"""The metadata key that tells whose promotion code one is."""

TAKEN: Final = "code_taken"
"""The code of the error for a word that is in use for something else."""

IN_USE: Final = "is already in use in Stripe for something else"
"""What the sentence of that error says of the word."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Who may redeem a code, how often and until when. None of this can be changed at Stripe.

    `minimum_amount` is minor units of `minimum_currency` (lower case, empty without an amount).
    `expires_at` is a whole second.
    """

    max_redemptions: int | None = None
    expires_at: datetime | None = None
    first_time: bool = False
    minimum_amount: int | None = None
    minimum_currency: str = ""


@dataclass(frozen=True, slots=True)
class PromotionCode:
    """A word that redeems a coupon. `customer` is the only one who may, empty for everybody.

    One that is not `active` was switched off, is past its limits, or has lost its coupon.
    """

    id: str
    code: str
    coupon_id: str
    active: bool
    times_redeemed: int = 0
    limits: Limits = field(default_factory=Limits)
    customer: str = ""
    currency_options: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)

    def is_spent(self, now: datetime) -> bool:
        """Whether its own limits have ended it, so that it can not be switched on again."""
        most, until = self.limits.max_redemptions, self.limits.expires_at
        return (most is not None and self.times_redeemed >= most) or (
            until is not None and until <= now
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A promotion code with what its coupon does."""

    promotion_code: PromotionCode
    terms: CouponTerms


class PromotionCodes:
    """Asks for promotion codes, makes and switches them. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace, coupons: Coupons) -> None:
        self._v1 = v1
        self._pace = pace
        self._coupons = coupons

    @understood
    async def find(self, code: str) -> list[PromotionCode]:
        """The active promotion codes that a customer can redeem by typing `code`, in any case."""
        async with self._pace.read():
            page = await self._v1.promotion_codes.list_async(
                {"code": code, "active": True, "limit": 100}
            )
            return [_promotion_code(it.to_dict()) async for it in page.auto_paging_iter()]

    @understood
    async def fetch(self, promotion_code_id: str) -> PromotionCode | None:
        """The promotion code as it stands; None where there is none any more."""
        try:
            async with self._pace.read():
                found = await self._v1.promotion_codes.retrieve_async(promotion_code_id)
        except TransportError as error:
            if error.code == "resource_missing":
                return None
            raise
        return _promotion_code(found.to_dict())

    @understood
    async def snapshot(self, code: str) -> Snapshot | None:
        """The code that everybody can redeem by typing `code`, with its terms; None without one.

        Where there is only one for a single customer, that is returned.
        """
        found = sorted(await self.find(code), key=lambda one: bool(one.customer))
        if not found:
            return None
        coupon = await self._coupons.fetch(found[0].coupon_id)
        return Snapshot(found[0], coupon.terms) if coupon is not None else None

    @understood
    async def ensure(
        self,
        *,
        code: str,
        coupon_id: str,
        limits: Limits,
        metadata: Mapping[str, str],
        idempotency_key: str,
    ) -> PromotionCode:
        """Make the promotion code, or return it where we have made it before.

        It is ours when it redeems the same coupon within the same limits and names no other owner.
        A word that is in use for something else is a `TransportError` of code `code_taken`.
        """
        wish = _wish(code, coupon_id, limits, metadata)

        async def create(key: str) -> PromotionCode:
            made = await self._v1.promotion_codes.create_async(wish, {"idempotency_key": key})
            return _promotion_code(made.to_dict())

        with transport():
            try:
                return await create(idempotency_key)
            except stripe.InvalidRequestError as error:
                refusal = error
            taken = [one for one in await self.find(code) if not one.customer]
            if taken:
                return _own(taken, coupon_id, limits, metadata.get(OWNER))
            if (refusal.headers or {}).get("Idempotent-Replayed") != "true":
                raise refusal
            # Yesterday's refusal, replayed for the key: the code is free now. Asking once more
            # under another key is safe, since no two active codes can be the same.
            return await create(f"{idempotency_key}:again")

    async def activate(self, promotion_code_id: str) -> PromotionCode:
        """Let customers redeem a code again."""
        return await self._switch(promotion_code_id, active=True)

    async def deactivate(self, promotion_code_id: str) -> PromotionCode:
        """Stop a code from being redeemed; subscriptions that have it keep their discount."""
        return await self._switch(promotion_code_id, active=False)

    @understood
    async def _switch(self, promotion_code_id: str, *, active: bool) -> PromotionCode:
        with transport():
            found = await self._v1.promotion_codes.update_async(
                promotion_code_id, {"active": active}
            )
        return _promotion_code(found.to_dict())


def in_use(found: PromotionCode) -> TransportError:
    """The word of a code that somebody else made at Stripe."""
    return TransportError(
        f"The promotion code {found.code} {IN_USE} ({found.id}). "
        "Choose another code, or deactivate that one in Stripe.",
        permanent=True,
        code=TAKEN,
    )


def _own(
    found: Iterable[PromotionCode], coupon_id: str, limits: Limits, owner: str | None
) -> PromotionCode:
    first, *others = found
    for one in (first, *others):
        same = one.coupon_id == coupon_id and one.limits == limits
        if same and one.metadata.get(OWNER, owner) == owner:
            return one
    raise in_use(first)


def _wish(
    code: str, coupon_id: str, limits: Limits, metadata: Mapping[str, str]
) -> PromotionCodeCreateParams:
    wish: PromotionCodeCreateParams = {
        "code": code,
        "promotion": {"type": "coupon", "coupon": coupon_id},
        "restrictions": {"first_time_transaction": limits.first_time},
        "metadata": dict(metadata),
    }
    if limits.minimum_amount is not None:
        wish["restrictions"]["minimum_amount"] = limits.minimum_amount
        wish["restrictions"]["minimum_amount_currency"] = limits.minimum_currency
    if limits.max_redemptions is not None:
        wish["max_redemptions"] = limits.max_redemptions
    if limits.expires_at is not None:
        wish["expires_at"] = int(limits.expires_at.timestamp())
    return wish


def _promotion_code(found: dict[str, Any]) -> PromotionCode:
    restrictions = found["restrictions"]
    until, coupon = found.get("expires_at"), found["promotion"]["coupon"]
    customer = found.get("customer") or found.get("customer_account") or ""
    return PromotionCode(
        id=found["id"],
        code=found["code"],
        coupon_id=coupon["id"] if isinstance(coupon, dict) else coupon or "",
        active=found["active"],
        times_redeemed=found["times_redeemed"],
        limits=Limits(
            max_redemptions=found.get("max_redemptions"),
            expires_at=None if until is None else datetime.fromtimestamp(until, tz=UTC),
            first_time=restrictions["first_time_transaction"],
            minimum_amount=restrictions.get("minimum_amount"),
            minimum_currency=restrictions.get("minimum_amount_currency") or "",
        ),
        customer=customer["id"] if isinstance(customer, dict) else customer,
        currency_options=bool(restrictions.get("currency_options")),
        metadata=dict(found.get("metadata") or {}),
    )
