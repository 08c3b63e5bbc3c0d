"""Promotion codes at Stripe, brought in step with the codes here whatever Stripe has now.

Stripe changes neither a coupon's terms nor a promotion code's limits. So each set of terms has a
coupon of its own, and a code that should differ from the promotion code that it has gets a new one
under the same word, after the old one was switched off. What is ours is found by the word and by
metadata, so that an attempt of which nobody heard is not repeated beside itself.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import cast
from uuid import UUID

import clock
from domain import effects, program
from domain.money import money
from domain.program import Program
from integrations.errors import TransportError
from integrations.stripe import OWNER, CouponTerms, Limits, PromotionCode, StripeGateway
from integrations.stripe.coupons import Duration
from integrations.stripe.promotion_codes import in_use
from outbox.registry import effect
from outbox.services import Services
from storage import affiliates as affiliate_rows
from storage import codes
from storage.codes import ACTIVE, PERCENTAGE, DiscountCode
from storage.outbox import Effect, is_busy
from storage.worker import Job

_CODE = "code_id"
"""The metadata key that tells which code here a coupon or promotion code belongs to."""
_USED_BEFORE = "uses_before"
"""The metadata key for how often the code was used before this promotion code was made for it."""


@dataclass(frozen=True, slots=True)
class _Ids:
    """What honours a code at Stripe."""

    coupon: str
    promotion_code: str


@effect(effects.PROMOTION_CODE)
async def update_promotion_code(job: Job[Effect], services: Services) -> None:
    """Have Stripe honour the code as its row says, or stop honouring it.

    What Stripe refuses is no attempt to repeat: the row keeps the reason, and operators are told.
    """
    if services.stripe is None:
        return
    code_id = UUID(job.row.payload["code"])
    async with services.db.read() as session:
        code = await codes.get(session, code_id)
        settings = await program.load(session)
    if code is None:
        return
    try:
        ids = await _Step(services.stripe, code, settings, str(job.row.id)).take()
    except TransportError as error:
        if not error.permanent:
            raise
        await _keep_problem(job, code_id, error)
        return
    await _keep(job, code_id, ids)


async def _keep(job: Job[Effect], code_id: UUID, ids: _Ids) -> None:
    async with job.transaction() as session:
        kept = await codes.get(session, code_id, lock=True)
        if kept is None:
            return
        before = _Ids(kept.stripe_coupon_id, kept.stripe_promotion_code_id)
        kept.stripe_coupon_id, kept.stripe_promotion_code_id = ids.coupon, ids.promotion_code
        kept.stripe_problem = ""
        # Also where nothing is new here: who looked at Stripe before this has seen an old state.
        kept.updated_at = clock.now()
        session.add(kept)
        if before != ids and kept.affiliate_user_id is not None:
            owner = await affiliate_rows.get(session, kept.affiliate_user_id)
            if owner is not None:
                await effects.update_directory(session, owner.email_key)


async def _keep_problem(job: Job[Effect], code_id: UUID, refusal: TransportError) -> None:
    async with job.transaction() as session:
        kept = await codes.get(session, code_id, lock=True)
        if kept is None:
            return
        kept.stripe_problem = f"Stripe is not in step with {kept.code}. {refusal}"
        kept.updated_at = clock.now()
        session.add(kept)
        if kept.batch is not None and await is_busy(session, effects.batch_lane(kept.batch)):
            # Their card is about to say so, once for all of them.
            return
        await effects.tell_operators(
            session,
            f"{kept.stripe_problem} Customers may not get what the code promises here. Put it "
            f"right, then press Retry in /affiliate code show {kept.code}.",
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """One attempt to bring Stripe in step with a code. `key` is the effect's."""

    stripe: StripeGateway
    code: DiscountCode
    settings: Program
    key: str

    async def take(self) -> _Ids:
        """Do what is missing, and return what honours the code now. Raises `TransportError`."""
        code = self.code
        typed = await self.stripe.promotion_codes.find(code.code)
        ours = [one for one in typed if self._is_ours(one)]
        known = None
        if code.stripe_promotion_code_id:
            known = await self.stripe.promotion_codes.fetch(code.stripe_promotion_code_id)
        if known is not None:
            ours = [known, *(one for one in ours if one.id != known.id)]
        if not self._is_wanted():
            await self._switch_off(ours)
            return self._ids_of(ours[0]) if ours else _Ids(code.stripe_coupon_id, "")
        foreign = [one for one in typed if not one.customer and not self._is_ours(one)]
        if foreign:
            raise in_use(foreign[0])
        terms, limits = self._terms(), await self._limits()
        kept = None
        for one in ours:
            if kept is None and await self._fits(one, terms, limits):
                kept = one
        if kept is None:
            return await self._renew(ours, terms, limits)
        await self._switch_off([one for one in ours if one.id != kept.id])
        if not kept.active and not kept.is_spent(clock.now()):
            await self.stripe.promotion_codes.activate(kept.id)
        return self._ids_of(kept)

    def _is_ours(self, one: PromotionCode) -> bool:
        """Whether a promotion code was made for this code, by us or by hand on our coupon."""
        if one.customer:
            return False
        return (
            one.id == self.code.stripe_promotion_code_id
            or one.metadata.get(_CODE) == str(self.code.id)
            or one.coupon_id.startswith(self._coupon_prefix)
        )

    @property
    def _coupon_prefix(self) -> str:
        return f"affdesk_{self.code.id.hex}"

    def _is_wanted(self) -> bool:
        """Whether customers should be able to redeem the code now."""
        until = self._expires_at()
        return self.code.status == ACTIVE and (until is None or until > clock.now())

    def _expires_at(self) -> datetime | None:
        """Stripe knows whole seconds."""
        until = self.code.expires_at
        return until.replace(microsecond=0) if until is not None else None

    def _terms(self) -> CouponTerms:
        code = self.code
        percentage = code.discount_type == PERCENTAGE
        return CouponTerms(
            percent_off=Decimal(code.discount_value) if percentage else None,
            amount_off=None if percentage else code.discount_value,
            currency=code.currency,
            duration=cast("Duration", code.duration),
            months=code.duration_months,
            products=frozenset(self.settings.eligible_products),
        )

    async def _limits(self) -> Limits:
        """The limits of a promotion code that is made before the code's first use."""
        code, amount, currency = self.code, None, ""
        if code.min_plan is not None:
            plan = self.settings.plan(code.min_plan)
            price = await self.stripe.prices.of_plan(
                code.min_plan,
                price_id=plan.stripe_price if plan else "",
                products=self.settings.eligible_products,
            )
            if price is None:
                raise TransportError(
                    f"There is no price on sale in Stripe for the plan {code.min_plan}, from which "
                    "on the code may be used. Name the plan's price in the program's settings.",
                    permanent=True,
                    code="no_price",
                )
            amount, currency = price.unit_amount, price.currency
        return Limits(
            max_redemptions=code.max_uses,
            expires_at=self._expires_at(),
            first_time=code.first_purchase_only,
            minimum_amount=amount,
            minimum_currency=currency,
        )

    async def _fits(self, one: PromotionCode, terms: CouponTerms, limits: Limits) -> bool:
        """Whether a promotion code does what is wanted, or can after being switched on."""
        if one.code.upper() != self.code.code or one.limits != _from(limits, _used_before(one)):
            return False
        coupon = await self.stripe.coupons.fetch(one.coupon_id)
        if coupon is None or not coupon.valid:
            return False
        # A coupon that came from elsewhere may be limited to other products than the program's.
        made_here = coupon.id.startswith(self._coupon_prefix)
        had = coupon.terms if made_here else replace(coupon.terms, products=terms.products)
        return had == terms

    async def _renew(
        self, ours: Sequence[PromotionCode], terms: CouponTerms, limits: Limits
    ) -> _Ids:
        """Make a promotion code in place of all that there are.

        The coupon comes first: terms that Stripe refuses stop nothing that works. What was
        redeemed is counted when no more can be.
        """
        code = self.code
        ours_at_stripe = {OWNER: str(code.affiliate_user_id or ""), _CODE: str(code.id)}
        coupon = await self.stripe.coupons.ensure(
            f"{self._coupon_prefix}_{_digest(str(terms))}",
            terms,
            name=f"{code.code}: {self._worth()} off",
            metadata=ours_at_stripe,
        )
        ended = await self._switch_off(ours)
        # Stripe counts a use at once, we when its invoice has settled.
        used = max(
            (_used_before(one) + one.times_redeemed for one in ended),
            default=code.prior_uses + code.total_uses,
        )
        if code.max_uses is not None and used >= code.max_uses:
            # Nothing is left to redeem, so there is nothing that Stripe could honour.
            return _Ids(coupon.id, code.stripe_promotion_code_id)
        limits = _from(limits, used)
        made = await self.stripe.promotion_codes.ensure(
            code=code.code,
            coupon_id=coupon.id,
            limits=limits,
            metadata={**ours_at_stripe, _USED_BEFORE: str(used)},
            idempotency_key=f"{self.key}:{_digest(coupon.id, limits, used)}",
        )
        return _Ids(coupon.id, made.id)

    async def _switch_off(self, found: Sequence[PromotionCode]) -> list[PromotionCode]:
        """Have none of these be redeemed any more; returns them as they are then."""
        return [
            await self.stripe.promotion_codes.deactivate(one.id) if one.active else one
            for one in found
        ]

    def _worth(self) -> str:
        if self.code.discount_type == PERCENTAGE:
            return f"{self.code.discount_value}%"
        return money(self.code.discount_value, self.code.currency)

    @staticmethod
    def _ids_of(one: PromotionCode) -> _Ids:
        return _Ids(one.coupon_id, one.id)


def _from(limits: Limits, used: int) -> Limits:
    """The limits that are left after so many uses."""
    most = limits.max_redemptions
    return limits if most is None else replace(limits, max_redemptions=most - used)


def _used_before(one: PromotionCode) -> int:
    text = one.metadata.get(_USED_BEFORE, "")
    return int(text) if text.isdecimal() else 0


def _digest(*parts: object) -> str:
    """A short name for what Stripe does not change, the same for the same thing."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]
