"""What coupons and promotion codes take off a purchase, and when they may not be redeemed."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import clock
from sandbox.stripe.money.periods import after
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.refusals import RefusalError, only_one_of, required
from sandbox.stripe.resources.promotion_codes import PromotionCodes
from sandbox.stripe.state import State


@dataclass(frozen=True)
class Deal:
    """A coupon on a purchase, and the promotion code by which it got there, if by one."""

    coupon: Json
    code: Json | None = None


def typed(account: State, code: str) -> Deal:
    """Return what a customer means by typing `code`.

    Raises `RefusalError` where there is no such active code.
    """
    codes = PromotionCodes(account)
    for found in account.objects.newest_first("promotion_code"):
        if found["code"].casefold() == code.casefold() and codes.shown(found)["active"]:
            return _by_code(account, found)
    raise RefusalError(f"This promotion code is invalid: {code}", param="promotion_code")


def given(account: State, one: Json, place: str) -> Deal:
    """Return what an entry of `discounts` at that place of a request names, either kind of id.

    Raises `RefusalError`.
    """
    if one.get("coupon") and one.get("promotion_code"):
        raise only_one_of(f"{place}[coupon]", f"{place}[promotion_code]")
    if one.get("coupon"):
        return Deal(account.objects.get("coupon", one["coupon"], f"{place}[coupon]"))
    if not one.get("promotion_code"):
        raise required(f"{place}[promotion_code]")
    param = f"{place}[promotion_code]"
    return _by_code(account, account.objects.get("promotion_code", one["promotion_code"], param))


def _by_code(account: State, code: Json) -> Deal:
    # A code that is in use outlives its coupon at Stripe, but it is active no more.
    key = code["promotion"]["coupon"]
    if not account.objects.has("coupon", key):
        raise RefusalError("This promotion code is not active.", param="discounts")
    return Deal(account.objects.get("coupon", key), code)


def require(account: State, deal: Deal, price: Json, customer: Json | None) -> None:
    """Raise `RefusalError` unless the deal may be had now, for this price, by this customer.

    Without a customer, what is asked of one is left open.
    """
    coupon = deal.coupon
    if not account.snapshot(coupon)["valid"]:
        raise RefusalError(f"Coupon expired: {coupon['id']}", code="coupon_expired")
    products = (coupon["applies_to"] or {}).get("products")
    if products and price["product"] not in products:
        raise RefusalError(
            "This promotion code cannot be redeemed because none of the products apply to it.",
            param="discounts",
        )
    if coupon["amount_off"] is not None and coupon["currency"] != price["currency"]:
        raise RefusalError(
            f"The coupon's currency {coupon['currency']} does not match the currency "
            f"{price['currency']} of the purchase.",
            param="discounts",
        )
    if deal.code is not None:
        _require_code(account, deal.code, price, customer)


def _require_code(account: State, code: Json, price: Json, customer: Json | None) -> None:
    if not account.snapshot(code)["active"]:
        raise RefusalError("This promotion code is not active.", param="discounts")
    restrictions = code["restrictions"]
    if customer is not None and code["customer"] not in {None, customer["id"]}:
        raise RefusalError("This promotion code belongs to another customer.", param="discounts")
    if restrictions["first_time_transaction"] and customer and has_paid(account, customer):
        raise RefusalError(
            "This promotion code cannot be redeemed because the associated customer has prior "
            "transactions.",
            param="discounts",
        )
    least, currency = restrictions["minimum_amount"], restrictions["minimum_amount_currency"]
    if least is not None and (price["unit_amount"] < least or price["currency"] != currency):
        raise RefusalError(
            "This promotion code cannot be redeemed because the minimum amount is not met.",
            param="discounts",
        )


def redeem(account: State, deal: Deal, customer: Json, price: Json) -> Json:
    """Turn a deal into a discount on a customer's purchase, and count it.

    Raises `RefusalError` for a customer, a product or an amount that it is not meant for, and
    where it has ended or was used up.
    """
    require(account, deal, price, customer)
    coupon, code = deal.coupon, deal.code
    if code is not None:
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
            "promotion_code": code["id"] if code is not None else None,
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
    return off(account.objects.get("coupon", discount["source"]["coupon"]), amount)


def off(coupon: Json, amount: int) -> int:
    """Return how many cents a coupon takes off an amount, a half rounded up."""
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
