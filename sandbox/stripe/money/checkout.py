"""What happens when a customer pays on the hosted page."""

import clock
from sandbox.stripe.money import discounts, subscriptions
from sandbox.stripe.money.discounts import Deal
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.customers import find_or_create
from sandbox.stripe.state import State


def complete(
    account: State, session: Json, *, email: str, name: str | None, promotion_code: str | None
) -> Json:
    """Subscribe the customer as the session says, and close it; return the session.

    `promotion_code` is what the customer types, where the session lets them. Raises `RefusalError`
    for a session that is closed and for a code that may not be redeemed.
    """
    if account.snapshot(session)["status"] != "open":
        raise RefusalError("This page is closed.")
    objects = account.objects
    deal = _deal(account, session, promotion_code)
    if session["customer"]:
        customer = objects.get("customer", session["customer"])
    else:
        customer = find_or_create(account, session["customer_email"] or email, name, {})
    data = session["subscription_data"]
    bought = subscriptions.start(
        account,
        customer,
        objects.get("price", session["line_items"]["data"][0]["price"]),
        deal=deal,
        metadata=data["metadata"],
        trial_days=data["trial_period_days"],
        tax_bp=0,
    )
    invoice = objects.get("invoice", bought["latest_invoice"])
    off = sum(discount["amount"] for discount in invoice["total_discount_amounts"])
    session |= {
        "amount_total": invoice["total"],
        "customer": customer["id"],
        "customer_details": {"email": customer["email"], "name": customer["name"]},
        "invoice": invoice["id"],
        "payment_status": "paid" if invoice["total"] else "no_payment_required",
        "status": "complete",
        "subscription": bought["id"],
        "total_details": session["total_details"] | {"amount_discount": off},
    }
    if deal and deal.code:
        session["discounts"] = [{"coupon": None, "promotion_code": deal.code["id"]}]
    account.emit("checkout.session.completed", session)
    return session


def close_late(account: State) -> None:
    """Close the sessions on which nobody paid in time."""
    for session in account.objects.newest_first("checkout.session"):
        if session["status"] == "open" and session["expires_at"] <= clock.timestamp():
            session["status"] = "expired"
            account.emit("checkout.session.expired", session)


def next_to_close(account: State) -> float | None:
    """The moment at which the next open session closes; None without any."""
    sessions = account.objects.newest_first("checkout.session")
    return min((one["expires_at"] for one in sessions if one["status"] == "open"), default=None)


def _deal(account: State, session: Json, typed: str | None) -> Deal | None:
    if session["discounts"]:
        return discounts.given(account, session["discounts"][0], "discounts[0]")
    if not typed:
        return None
    if not session["allow_promotion_codes"]:
        raise RefusalError("This page takes no promotion codes.", param="promotion_code")
    return discounts.typed(account, typed)
