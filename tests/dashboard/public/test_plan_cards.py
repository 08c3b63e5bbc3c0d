"""What a plan costs, in words."""

from typing import Any

import pytest

from dashboard.public.plan_cards import plan_card
from domain.checkouts import offer
from domain.code_checks import Price
from domain.program_values import Plan
from integrations import stripe
from storage.codes import DiscountCode

THEN_FULL = "Then $30.00 every month."


def monthly(interval: str = "month", count: int = 1) -> stripe.Price:
    """A price of 30 dollars."""
    return stripe.Price("price_1", "prod_1", "usd", 3000, interval, count)


def card(price: stripe.Price, **terms: Any) -> tuple[str, str, str]:
    """Discount, total and what the page says of renewals."""
    code = DiscountCode(code="A", **({"discount_value": 10} | terms)) if terms else None
    asked = Price("plan", price.id, price.currency, price.unit_amount)
    made = plan_card(
        Plan(slug="plan", name="Plan"), price, offer([code] if code else [], asked), chosen=True
    )
    assert made.price == "$30.00"
    return made.discount, made.total, made.later


def test_without_a_code_every_payment_is_the_same() -> None:
    """And the interval is said as people say it."""
    assert card(monthly()) == ("", "$30.00", THEN_FULL)
    assert card(monthly("month", 3))[2] == "Then $30.00 every 3 months."
    assert card(monthly("year"))[2] == "Then $30.00 every year."


@pytest.mark.parametrize(
    ("price", "terms", "later"),
    [
        (monthly(), {"duration": "once"}, THEN_FULL),
        (monthly(), {"duration": "forever"}, "Then $27.00 every month: the discount stays."),
        (
            monthly(),
            {"duration": "repeating", "duration_months": 3},
            f"$27.00 for each of the first 3 payments. {THEN_FULL}",
        ),
        (monthly(), {"duration": "repeating", "duration_months": 1}, THEN_FULL),
        (
            monthly("month", 3),
            {"duration": "repeating", "duration_months": 4},
            "$27.00 for each of the first 2 payments. Then $30.00 every 3 months.",
        ),
        (
            monthly("year"),
            {"duration": "repeating", "duration_months": 12},
            "Then $30.00 every year.",
        ),
        (
            monthly("week"),
            {"duration": "repeating", "duration_months": 2},
            "The discount lasts 2 months. Then $30.00 every week.",
        ),
        (
            monthly("week"),
            {"duration": "repeating", "duration_months": 1},
            "The discount lasts 1 month. Then $30.00 every week.",
        ),
    ],
)
def test_what_is_paid_later_depends_on_how_long_the_code_lasts(
    price: stripe.Price, terms: dict[str, Any], later: str
) -> None:
    """Nobody learns of the full price only when it is taken."""
    assert card(price, **terms) == ("\N{MINUS SIGN}$3.00", "$27.00", later)


def test_a_currency_keeps_its_sign() -> None:
    """In the middle of a sentence as well."""
    price = stripe.Price("price_1", "prod_1", "cad", 3000, "month", 1)
    made = offer([], Price("plan", "price_1", "cad", 3000))
    card = plan_card(Plan(slug="plan", name="Plan"), price, made, chosen=True)
    assert card.later == "Then CA$30.00 every month."


@pytest.mark.parametrize(
    ("terms", "brief"),
    [
        ({}, "every month"),
        ({"duration": "once"}, "then $30.00 every month"),
        ({"duration": "repeating", "duration_months": 3}, "for 3 payments, then $30.00"),
        ({"duration": "forever"}, "every month"),
    ],
)
def test_beside_the_price_a_few_words_do(terms: dict[str, Any], brief: str) -> None:
    """The struck price never leaves open for how long the lower one holds."""
    codes = [DiscountCode(code="A", **({"discount_value": 10} | terms))] if terms else []
    made = offer(codes, Price("plan", "price_1", "usd", 3000))
    card = plan_card(Plan(slug="plan", name="Plan"), monthly(), made, chosen=False)
    assert card.brief == brief


def test_more_than_the_price_is_never_taken_off() -> None:
    """A code worth more makes the first payment free."""
    fixed = {"discount_type": "fixed_amount", "discount_value": 9900, "currency": "usd"}
    assert card(monthly(), **fixed) == ("\N{MINUS SIGN}$30.00", "$0.00", THEN_FULL)
