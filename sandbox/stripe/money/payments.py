"""How money comes in: a payment intent, its charge, and what Stripe keeps of it."""

from fractions import Fraction
from hashlib import sha256
from typing import Final

import clock
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.state import State

FEE_PER_MILLE: Final = 29
FEE_FIXED: Final = 30
"""Stripe's price for a domestic card: 2.9 % and 30 cents."""

_SETTLES_AFTER = 2 * 24 * 3600


def fee_of(amount: int) -> int:
    """Return what Stripe keeps of a charge, in cents, a half rounded up."""
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED


def book(
    account: State, *, amount: int, fee: int, currency: str, kind: str, source: str, category: str
) -> Json:
    """Write one line of the account's balance; `amount` is signed, `fee` is what Stripe keeps.

    Both are in `currency`, and are changed into what the account settles it in.
    """
    now = int(clock.timestamp())
    change = account.settles.get(currency)
    if change:
        amount, fee = (_changed(cents, change["rate"]) for cents in (amount, fee))
        currency = change["currency"]
    details = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return account.objects.add(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": now + _SETTLES_AFTER,
            "balance_type": "payments",
            "created": now,
            "currency": currency,
            "description": None,
            "exchange_rate": float(Fraction(change["rate"])) if change else None,
            "fee": fee,
            "fee_details": [details] if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source,
            "status": "pending",
            "type": kind,
        }
    )


def _changed(amount: int, rate: str) -> int:
    """Change an amount at a rate, a half away from zero."""
    whole = int(abs(amount) * Fraction(rate) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


def fingerprint(account: State, customer: str) -> str:
    """Return what tells a customer's card from others; everybody has their own by default."""
    own = sha256(customer.encode()).hexdigest()[:16]
    return account.cards.get(customer, own)


def take(account: State, customer: Json, amount: int, currency: str) -> Json:
    """Charge a customer's card and return the payment intent, succeeded."""
    now = int(clock.timestamp())
    intent = account.objects.add(
        {
            "id": new_id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": amount,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic",
            "confirmation_method": "automatic",
            "created": now,
            "currency": currency,
            "customer": customer["id"],
            "description": "Subscription update",
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": {},
            "next_action": None,
            "payment_method": None,
            "payment_method_types": ["card"],
            "receipt_email": None,
            "status": "succeeded",
            "transfer_group": None,
        }
    )
    charge = account.objects.add(_charge(account, customer, intent, now))
    charge["balance_transaction"] = book(
        account,
        amount=amount,
        fee=fee_of(amount),
        currency=currency,
        kind="charge",
        source=charge["id"],
        category="charge",
    )["id"]
    intent["latest_charge"] = charge["id"]
    account.emit("charge.succeeded", charge)
    account.emit("payment_intent.succeeded", intent)
    return intent


def _charge(account: State, customer: Json, intent: Json, now: int) -> Json:
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {
            "address": None,
            "email": customer["email"],
            "name": customer["name"],
            "phone": None,
            "tax_id": None,
        },
        "captured": True,
        "created": now,
        "currency": intent["currency"],
        "customer": customer["id"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "outcome": {"network_status": "approved_by_network", "type": "authorized"},
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": None,
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "country": "US",
                "fingerprint": fingerprint(account, customer["id"]),
                "last4": "4242",
            },
            "type": "card",
        },
        "receipt_email": None,
        "refunded": False,
        "status": "succeeded",
        "transfer_group": None,
    }
