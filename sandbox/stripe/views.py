"""What the stand-in's page shows of an account: rows of plain words and figures."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.stripe.money.reversals import charge_of
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.state import State

Row = dict[str, Any]

_EVENTS = 25


def money(cents: int, currency: str) -> str:
    """Write an amount for a reader, `-12.50 USD`."""
    sign, whole = "-" if cents < 0 else "", abs(cents)
    return f"{sign}{whole // 100}.{whole % 100:02d} {currency.upper()}"


def moment(seconds: float) -> str:
    """Write a moment for a reader, in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M")


def plans(account: State) -> list[Row]:
    """The prices that somebody can subscribe to, in the order in which they were made."""
    return [
        {
            "slug": price["lookup_key"],
            "label": f"{price['nickname']}, {money(price['unit_amount'], price['currency'])}",
        }
        for price in reversed(list(account.objects.newest_first("price")))
        if price["active"] and price["recurring"] and price["lookup_key"]
    ]


def promotion_codes(account: State) -> list[Row]:
    """Every promotion code with what it takes off."""
    rows = []
    for code in account.objects.newest_first("promotion_code"):
        shown = account.snapshot(code)
        limits = shown["restrictions"]
        rows.append(
            shown
            | {
                "coupon": shown["promotion"]["coupon"],
                "worth": _worth(account, shown["promotion"]["coupon"]),
                "first_only": limits["first_time_transaction"],
            }
        )
    return rows


def coupons(account: State) -> list[Row]:
    """Every coupon with what it is worth, and on what."""
    return [
        account.snapshot(coupon)
        | {
            "worth": _worth(account, coupon["id"]),
            "products": (coupon["applies_to"] or {}).get("products") or [],
        }
        for coupon in account.objects.newest_first("coupon")
    ]


def customers(account: State) -> list[Row]:
    """Every customer."""
    return list(account.objects.newest_first("customer"))


def subscriptions(account: State) -> list[Row]:
    """Every subscription with its customer and the end of the paid period."""
    rows = []
    for subscription in account.objects.newest_first("subscription"):
        item = subscription["items"]["data"][0]
        rows.append(
            {
                "id": subscription["id"],
                "email": _email(account, subscription["customer"]),
                "plan": item["price"]["nickname"],
                "until": moment(item["current_period_end"])[:10],
                "status": subscription["status"],
            }
        )
    return rows


def invoices(account: State) -> list[Row]:
    """Every invoice with what Stripe kept of it, what was given back, and what is disputed."""
    rows = []
    for invoice in account.objects.newest_first("invoice"):
        charge = _charge(account, invoice)
        currency = invoice["currency"]
        rows.append(
            {
                "id": invoice["id"],
                "number": invoice["number"],
                "email": invoice["customer_email"],
                "reason": invoice["billing_reason"].removeprefix("subscription_"),
                "code": _code(account, invoice),
                "total": money(invoice["total"], currency),
                "fee": money(_fee(account, charge), currency) if charge else "",
                "refunded": money(charge["amount_refunded"], currency) if charge else "",
                "status": invoice["status"],
                "open": charge is not None and not (charge["refunded"] or charge["disputed"]),
            }
        )
    return rows


def disputes(account: State) -> list[Row]:
    """Every dispute with its state."""
    return [
        {
            "id": dispute["id"],
            "charge": dispute["charge"],
            "amount": money(dispute["amount"], dispute["currency"]),
            "status": dispute["status"],
            "open": dispute["status"] not in {"won", "lost"},
        }
        for dispute in account.objects.newest_first("dispute")
    ]


def events(account: State) -> list[Row]:
    """The latest events and how their delivery went."""
    rows = []
    for event in account.objects.newest_first("event"):
        attempts = account.history.get(event["id"], [])
        if event["pending_webhooks"]:
            state = f"waiting, tried {len(attempts)} x" if attempts else "waiting"
        else:
            state = "delivered" if attempts else "nobody listened"
        rows.append(
            {
                "id": event["id"],
                "type": event["type"],
                "at": moment(event["created"]),
                "state": state,
                "answer": attempts[-1]["status"] if attempts else None,
            }
        )
        if len(rows) == _EVENTS:
            break
    return rows


def _worth(account: State, coupon_id: str) -> str:
    if not account.objects.has("coupon", coupon_id):
        return "deleted"
    coupon = account.objects.get("coupon", coupon_id)
    if coupon["percent_off"] is not None:
        off = f"{Decimal(str(coupon['percent_off'])).normalize():f} % off"
    else:
        off = f"{money(coupon['amount_off'], coupon['currency'])} off"
    months = coupon["duration_in_months"]
    return f"{off}, {f'for {months} months' if months else coupon['duration']}"


def _email(account: State, customer: str) -> str:
    if not account.objects.has("customer", customer):
        return customer
    return str(account.objects.get("customer", customer)["email"])


def _charge(account: State, invoice: Json) -> Json | None:
    try:
        return charge_of(account, invoice)
    except RefusalError:
        return None


def _fee(account: State, charge: Json) -> int:
    return int(account.objects.get("balance_transaction", charge["balance_transaction"])["fee"])


def _code(account: State, invoice: Json) -> str:
    for key in invoice["discounts"]:
        code = account.objects.get("discount", key)["promotion_code"]
        if code:
            return str(account.objects.get("promotion_code", code)["code"])
    return ""
