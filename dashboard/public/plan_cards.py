"""What a plan costs with a customer's codes, in the words of the pricing page."""

import math
from dataclasses import dataclass
from typing import Final

from domain.checkouts import Offer
from domain.money import money
from domain.program_values import Plan
from integrations.stripe.prices import Price

_MONTHS: Final = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class PlanCard:
    """A plan to choose. Amounts are words; `discount` is empty where nothing is taken off.

    `brief` says how often it is due or what it costs later, on one line; `later` in full.
    """

    slug: str
    name: str
    chosen: bool
    price: str
    discount: str
    total: str
    brief: str
    later: str


def plan_card(plan: Plan, price: Price, offer: Offer, *, chosen: bool) -> PlanCard:
    """A plan at its price, with what the codes of `offer` take off."""
    brief, sentence = _renewals(price, offer)
    discount = money(-offer.discount, offer.currency) if offer.discount else ""
    return PlanCard(
        slug=plan.slug,
        name=plan.name,
        chosen=chosen,
        price=money(offer.price, offer.currency),
        discount=discount,
        total=money(offer.total, offer.currency),
        brief=brief,
        later=sentence,
    )


def _renewals(price: Price, offer: Offer) -> tuple[str, str]:
    """What the renewals cost: in a few words, and as a sentence."""
    each = _each(price)
    whole = money(offer.price, offer.currency)
    brief, full = f"then {whole} {each}", f"Then {whole} {each}."
    # Codes that are used together last for the same time.
    code = next((code for code, _ in offer.parts), None)
    if code is None:
        return each, full
    discounted = money(offer.total, offer.currency)
    if code.duration == "forever":
        return each, f"Then {discounted} {each}: the discount stays."
    months = code.duration_months or 0
    if not months:
        return brief, full
    if price.interval not in _MONTHS:
        lasts = f"The discount lasts {months} month{'' if months == 1 else 's'}."
        return brief, f"{lasts} {full}"
    # A renewal on the very day on which the months are over is a full one.
    payments = math.ceil(months / (_MONTHS[price.interval] * price.interval_count))
    if payments == 1:
        return brief, full
    sentence = f"{discounted} for each of the first {payments} payments. {full}"
    return f"for {payments} payments, then {whole}", sentence


def _each(price: Price) -> str:
    if price.interval_count == 1:
        return f"every {price.interval}"
    return f"every {price.interval_count} {price.interval}s"
