"""What a plan costs with a customer's codes, in the words of the pricing page."""

import math
from dataclasses import dataclass
from typing import Final

from domain.checkouts import Offer
from domain.money import money
from domain.program import Plan
from integrations.stripe.prices import Price

_MONTHS: Final = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan to choose. Amounts are words; `discount` is empty where nothing is taken off."""

    slug: str
    name: str
    chosen: bool
    price: str
    discount: str
    total: str
    every: str
    later: str


def plan_card(plan: Plan, price: Price, offer: Offer, *, chosen: bool) -> PlanCard:
    """A plan at its price, with what the codes of `offer` take off."""
    discount = money(-offer.discount, offer.currency) if offer.discount else ""
    return PlanCard(
        slug=plan.slug,
        name=plan.name,
        chosen=chosen,
        price=money(offer.price, offer.currency),
        discount=discount,
        total=money(offer.total, offer.currency),
        every=_each(price),
        later=later(price, offer),
    )


def later(price: Price, offer: Offer) -> str:
    """What the renewals cost, as a sentence."""
    each = _each(price)
    full = f"Then {money(offer.price, offer.currency)} {each}."
    # Codes that are used together last for the same time.
    code = next((code for code, _ in offer.parts), None)
    if code is None or code.duration == "once":
        return full
    discounted = money(offer.total, offer.currency)
    if code.duration == "forever":
        return f"Then {discounted} {each}: the discount stays."
    months = code.duration_months or 0
    if price.interval not in _MONTHS:
        return f"The discount lasts {months} month{'' if months == 1 else 's'}. {full}"
    # A renewal on the very day on which the months are over is a full one.
    payments = math.ceil(months / (_MONTHS[price.interval] * price.interval_count))
    if payments <= 1:
        return full
    return f"{discounted} for each of the first {payments} payments. {full}"


def _each(price: Price) -> str:
    if price.interval_count == 1:
        return f"every {price.interval}"
    return f"every {price.interval_count} {price.interval}s"
