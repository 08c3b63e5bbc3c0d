"""Subscriptions from the first purchase over every renewal to the end."""

from copy import deepcopy

import clock
from sandbox.stripe.money import discounts, invoices
from sandbox.stripe.money.discounts import Deal
from sandbox.stripe.money.periods import after
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.state import State


def start(
    account: State,
    customer: Json,
    price: Json,
    *,
    deal: Deal | None,
    metadata: dict[str, str],
    trial_days: int,
    tax_bp: int,
    parts: int = 1,
) -> Json:
    """Subscribe a customer to a price and collect the first invoice; return the subscription.

    Raises `RefusalError` where the deal may not be had.
    """
    discount = discounts.redeem(account, deal, customer, price) if deal else None
    subscription = account.objects.add(_new(customer, price, metadata, trial_days))
    if discount:
        discount["subscription"] = subscription["id"]
        subscription["discounts"] = [discount["id"]]
    if customer["currency"] is None:
        customer["currency"] = price["currency"]
    account.emit("customer.subscription.created", subscription)
    amount = 0 if trial_days else price["unit_amount"]
    bill(
        account,
        subscription,
        reason="subscription_create",
        amount=amount,
        tax_bp=tax_bp,
        parts=parts,
    )
    return subscription


def bill(
    account: State,
    subscription: Json,
    *,
    reason: str,
    amount: int,
    tax_bp: int,
    declined: bool = False,
    parts: int = 1,
    credit: int = 0,
) -> Json:
    """Invoice the current period and collect it in so many `parts`, unless the card is declined.

    `credit` is what the rest of a former plan is worth, in cents.
    """
    start = subscription["items"]["data"][0]["current_period_start"]
    subscription["discounts"] = [
        discount
        for discount in subscription["discounts"]
        if discounts.covers(account, discount, start)
    ]
    invoice = invoices.issue(
        account, subscription, reason=reason, amount=amount, tax_bp=tax_bp, credit=credit
    )
    subscription["latest_invoice"] = invoice["id"]
    if amount:
        subscription["discounts"] = [
            discount
            for discount in subscription["discounts"]
            if not discounts.is_spent(account, discount)
        ]
    if declined:
        return invoices.decline(account, invoice)
    return invoices.pay(account, invoice, parts)


def renew(account: State, subscription: Json, *, tax_bp: int, declined: bool = False) -> Json:
    """Begin the next period, whatever the clock says, and return its invoice."""
    item: Json = subscription["items"]["data"][0]
    recurring = item["price"]["recurring"]
    begin = item["current_period_end"]
    before = {"items": deepcopy(subscription["items"]), "status": subscription["status"]}
    item |= {
        "current_period_start": begin,
        "current_period_end": after(begin, recurring["interval"], recurring["interval_count"]),
    }
    amount = item["price"]["unit_amount"]
    invoice = bill(
        account,
        subscription,
        reason="subscription_cycle",
        amount=amount,
        tax_bp=tax_bp,
        declined=declined,
    )
    subscription["status"] = "past_due" if declined else "active"
    account.emit("customer.subscription.updated", subscription, before)
    return invoice


def change_plan(account: State, subscription: Json, price: Json, *, unused: int) -> Json:
    """Move to another price from now on, and invoice it less `unused` cents of the former one."""
    item: Json = subscription["items"]["data"][0]
    before = {"items": deepcopy(subscription["items"])}
    now = int(clock.timestamp())
    recurring = price["recurring"]
    item |= {
        "current_period_start": now,
        "current_period_end": after(now, recurring["interval"], recurring["interval_count"]),
        "price": dict(price),
    }
    account.emit("customer.subscription.updated", subscription, before)
    return bill(
        account,
        subscription,
        reason="subscription_update",
        amount=price["unit_amount"],
        tax_bp=0,
        credit=unused,
    )


def cancel(account: State, subscription: Json) -> Json:
    """End a subscription now."""
    now = int(clock.timestamp())
    subscription |= {"status": "canceled", "canceled_at": now, "ended_at": now}
    account.emit("customer.subscription.deleted", subscription)
    return subscription


def _new(customer: Json, price: Json, metadata: dict[str, str], trial_days: int) -> Json:
    now = int(clock.timestamp())
    trial_end = after(now, "day", trial_days) if trial_days else None
    recurring = price["recurring"]
    end = trial_end or after(now, recurring["interval"], recurring["interval_count"])
    key = new_id("sub")
    item: Json = {
        "id": new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": end,
        "current_period_start": now,
        "discounts": [],
        "metadata": {},
        "price": dict(price),
        "quantity": 1,
        "subscription": key,
        "tax_rates": [],
    }
    return {
        "id": key,
        "object": "subscription",
        "automatic_tax": {"enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_mode": {"type": "flexible"},
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": price["currency"],
        "customer": customer["id"],
        "default_payment_method": None,
        "description": None,
        "discounts": [],
        "ended_at": None,
        "items": {
            "object": "list",
            "data": [item],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={key}",
        },
        "latest_invoice": None,
        "livemode": False,
        "metadata": metadata,
        "pause_collection": None,
        "schedule": None,
        "start_date": now,
        "status": "trialing" if trial_days else "active",
        "trial_end": trial_end,
        "trial_start": now if trial_days else None,
    }
