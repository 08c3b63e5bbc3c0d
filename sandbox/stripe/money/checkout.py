"""What happens when a customer pays on the hosted page."""

from sandbox.stripe.money import subscriptions
from sandbox.stripe.money.discounts import find_code
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
    code = _code(account, session, promotion_code)
    if session["customer"]:
        customer = objects.get("customer", session["customer"])
    else:
        customer = find_or_create(account, session["customer_email"] or email, name, {})
    data = session["subscription_data"]
    bought = subscriptions.start(
        account,
        customer,
        objects.get("price", session["line_items"]["data"][0]["price"]),
        code=code,
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
    if code:
        session["discounts"] = [{"coupon": None, "promotion_code": code["id"]}]
    account.emit("checkout.session.completed", session)
    return session


def _code(account: State, session: Json, typed: str | None) -> Json | None:
    if session["discounts"]:
        return account.objects.get("promotion_code", session["discounts"][0]["promotion_code"])
    if not typed:
        return None
    if not session["allow_promotion_codes"]:
        raise RefusalError("This page takes no promotion codes.", param="promotion_code")
    return find_code(account, typed)
