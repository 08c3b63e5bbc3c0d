"""A promotion code that exists in Stripe, in the program's own words, to be adopted."""

from domain.adoption import ExistingCode
from domain.errors import NotFoundError
from domain.program import Program
from domain.texts import keepable
from integrations.stripe import Limits, PromotionCode, StripeGateway


async def existing_code(stripe: StripeGateway, typed: str, settings: Program) -> ExistingCode:
    """The active code that customers redeem by typing this word.

    Raises `NotFoundError` where Stripe has none, and `TransportError`.
    """
    word = keepable(typed).strip()
    found = await stripe.promotion_codes.snapshot(word) if word else None
    if found is None:
        raise NotFoundError(f"Stripe has no active promotion code {word[:100]}.")
    code, terms = found.promotion_code, found.terms
    min_plan = await _plan_of(stripe, code.limits, settings)
    return ExistingCode(
        code=code.code,
        coupon_id=code.coupon_id,
        promotion_code_id=code.id,
        duration=terms.duration,
        percent=terms.percent_off,
        amount=terms.amount_off,
        currency=terms.currency,
        months=terms.months,
        max_uses=code.limits.max_redemptions,
        uses=code.times_redeemed,
        expires_at=code.limits.expires_at,
        first_purchase_only=code.limits.first_time,
        min_plan=min_plan,
        obstacle=_obstacle(code, min_plan),
    )


async def _plan_of(stripe: StripeGateway, limits: Limits, settings: Program) -> str | None:
    """The first plan that costs the least amount; None where none does, or none is asked for."""
    if limits.minimum_amount is None:
        return None
    for plan in settings.plans:
        price = await stripe.prices.of_plan(
            plan.slug, price_id=plan.stripe_price, products=settings.eligible_products
        )
        if price and (price.unit_amount, price.currency) == (
            limits.minimum_amount,
            limits.minimum_currency,
        ):
            return plan.slug
    return None


def _obstacle(code: PromotionCode, min_plan: str | None) -> str:
    """What the code does that codes here can not do."""
    if code.customer:
        return f"in Stripe it is for one customer only ({code.customer})"
    if code.currency_options:
        return "in Stripe it has limits of its own for several currencies"
    if code.limits.minimum_amount is not None and min_plan is None:
        return (
            f"it asks for a purchase of at least {code.limits.minimum_amount} minor units of "
            f"{code.limits.minimum_currency.upper()}, which no plan costs"
        )
    return ""
