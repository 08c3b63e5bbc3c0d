"""What a promotion code takes off a purchase, and when it may not be redeemed."""

from decimal import ROUND_HALF_UP, Decimal

import clock
from sandbox.stripe.money.periods import after
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.promotion_codes import PromotionCodes
from sandbox.stripe.state import State


def find_code(account: State, code: str) -> Json:
    """Return the active promotion code that a customer means by typing `code`.

    Raises `RefusalError` where there is none.
    """
    codes = PromotionCodes(account)
    for found in account.objects.newest_first("promotion_code"):
        if found["code"].casefold() == code.casefold() and codes.shown(found)["active"]:
            return found
    raise RefusalError(f"This promotion code is invalid: {code}", param="promotion_code")


def redeem(account: State, code: Json, customer: Json, price: Json) -> Json:
    """Turn a promotion code into a discount on a customer's purchase.

    Raises `RefusalError` for a customer, a product or an amount that the code is not meant for.
    """
    coupon = account.objects.get("coupon", code["promotion"]["coupon"])
    restrictions = code["restrictions"]
    if code["customer"] not in {None, customer["id"]}:
        raise RefusalError("This promotion code belongs to another customer.", param="discounts")
    if restrictions["first_time_transaction"] and has_paid(account, customer):
        raise RefusalError(
            "This promotion code cannot be redeemed because the associated customer has prior "
            "transactions.",
            param="discounts",
        )
    products = (coupon["applies_to"] or {}).get("products")
    if products and price["product"] not in products:
        raise RefusalError(
            "This promotion code cannot be redeemed because none of the products apply to it.",
            param="discounts",
        )
    if price["unit_amount"] < (restrictions["minimum_amount"] or 0):
        raise RefusalError(
            "This promotion code cannot be redeemed because the minimum amount is not met.",
            param="discounts",
        )
    code["times_redeemed"] += 1
    coupon["times_redeemed"] += 1
    now = int(clock.timestamp())
    months = coupon["duration_in_months"]
    return account.objects.add(
        {
            "id": new_id("di"),
            "object": "discount",
            "checkout_session": None,
            "customer": customer["id"],
            "end": after(now, "month", months) if months else None,
            "invoice": None,
            "invoice_item": None,
            "promotion_code": code["id"],
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": now,
            "subscription": None,
            "subscription_item": None,
        }
    )


def has_paid(account: State, customer: Json) -> bool:
    """Whether a customer has paid an invoice before."""
    return any(
        invoice["amount_paid"] > 0 for invoice in account.objects.naming("invoice", customer["id"])
    )


def worth(account: State, discount: Json, amount: int) -> int:
    """Return how many cents a discount takes off an amount, a half rounded up."""
    coupon = account.objects.get("coupon", discount["source"]["coupon"])
    if coupon["amount_off"] is not None:
        return int(min(coupon["amount_off"], amount))
    share = Decimal(str(coupon["percent_off"])) / 100
    return int((share * amount).quantize(Decimal(1), ROUND_HALF_UP))


def covers(account: State, discount: str, period_start: int) -> bool:
    """Whether a subscription's discount reaches into the period that begins then."""
    end = account.objects.get("discount", discount)["end"]
    return end is None or bool(end > period_start)


def is_spent(account: State, discount: str) -> bool:
    """Whether a discount was for one invoice only."""
    source = account.objects.get("discount", discount)["source"]
    return bool(account.objects.get("coupon", source["coupon"])["duration"] == "once")
