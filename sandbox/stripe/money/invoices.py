"""An invoice of one subscription for one period: reckoned, finalized, paid or not."""

import clock
from sandbox.stripe.money import discounts, payments
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.state import State

_TAX_RATE = "txr_sandbox"


def issue(
    account: State, subscription: Json, *, reason: str, amount: int, tax_bp: int, credit: int = 0
) -> Json:
    """Write the invoice of a subscription's current period and finalize it.

    `amount` is the price in cents before discounts (0 in a trial), `reason` Stripe's
    `billing_reason`, `tax_bp` the tax on top in basis points, `credit` the cents that a former
    plan is still worth.
    """
    customer = account.objects.get("customer", subscription["customer"])
    now = int(clock.timestamp())
    key = new_id("in")
    reductions = [
        (discount, discounts.worth(account, account.objects.get("discount", discount), amount))
        for discount in subscription["discounts"]
    ]
    net = max(amount - credit - sum(cents for _, cents in reductions), 0)
    tax = (net * tax_bp + 5000) // 10000
    taxes = [_tax(tax, net)] if tax_bp else []
    off = [{"amount": cents, "discount": discount} for discount, cents in reductions]
    lines = [_line(key, subscription, amount=amount, off=off, taxes=taxes)]
    if credit:
        unused = _line(key, subscription, amount=-credit, off=[], taxes=[])
        unused["parent"]["subscription_item_details"]["proration"] = True
        lines.insert(0, unused)
    invoice = account.objects.add(
        {
            "id": key,
            "object": "invoice",
            "account_country": "US",
            "amount_due": net + tax,
            "amount_overpaid": 0,
            "amount_paid": 0,
            "amount_remaining": net + tax,
            "amount_shipping": 0,
            "attempt_count": 0,
            "attempted": False,
            "auto_advance": True,
            "automatic_tax": {"enabled": bool(tax_bp), "liability": None, "status": None},
            "billing_reason": reason,
            "collection_method": "charge_automatically",
            "created": now,
            "currency": subscription["currency"],
            "customer": customer["id"],
            "customer_email": customer["email"],
            "customer_name": customer["name"],
            "description": None,
            "discounts": [discount for discount, _ in reductions],
            "due_date": None,
            "ending_balance": 0,
            "hosted_invoice_url": None,
            "lines": {
                "object": "list",
                "data": lines,
                "has_more": False,
                "url": f"/v1/invoices/{key}/lines",
            },
            "livemode": False,
            "metadata": {},
            "next_payment_attempt": None,
            "number": None,
            "parent": {
                "quote_details": None,
                "subscription_details": {
                    "metadata": dict(subscription["metadata"]),
                    "subscription": subscription["id"],
                },
                "type": "subscription_details",
            },
            "period_end": now,
            "period_start": now,
            "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0,
            "starting_balance": 0,
            "status": "draft",
            "status_transitions": {
                "finalized_at": None,
                "marked_uncollectible_at": None,
                "paid_at": None,
                "voided_at": None,
            },
            "subtotal": amount - credit,
            "subtotal_excluding_tax": amount - credit,
            "total": net + tax,
            "total_discount_amounts": off,
            "total_excluding_tax": net,
            "total_pretax_credit_amounts": [
                {"amount": cents, "discount": discount, "type": "discount"}
                for discount, cents in reductions
            ],
            "total_taxes": taxes,
        }
    )
    account.emit("invoice.created", invoice)
    _finalize(account, invoice, customer)
    return invoice


def _line(
    invoice: str, subscription: Json, *, amount: int, off: list[Json], taxes: list[Json]
) -> Json:
    item = subscription["items"]["data"][0]
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": f"1 x {item['price']['nickname']}",
        "discount_amounts": off,
        "discountable": True,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": dict(subscription["metadata"]),
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": item["current_period_start"], "end": item["current_period_end"]},
        "pricing": {
            "price_details": {"price": item["price"]["id"], "product": item["price"]["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(amount),
        },
        "quantity": 1,
        "subtotal": amount,
        "taxes": taxes,
    }


def pay(account: State, invoice: Json, parts: int = 1) -> Json:
    """Collect an open invoice in so many payments; nothing is charged where nothing is due."""
    now = int(clock.timestamp())
    customer = account.objects.get("customer", invoice["customer"])
    left = invoice["amount_due"]
    for part in range(parts, 0, -1):
        amount = left // part
        if amount > 0:
            intent = payments.take(account, customer, amount, invoice["currency"])
            way = {"payment_intent": intent["id"], "type": "payment_intent"}
            _settle(account, invoice, way, amount, now)
        left -= amount
    return _paid(account, invoice, now)


def pay_outside(account: State, invoice: Json) -> Json:
    """Note that an open invoice was paid by other means, of which Stripe keeps a record only."""
    now = int(clock.timestamp())
    way = {"payment_record": new_id("pr"), "type": "payment_record"}
    _settle(account, invoice, way, invoice["amount_due"], now)
    return _paid(account, invoice, now)


def void(account: State, invoice: Json) -> Json:
    """Declare an open invoice a mistake."""
    if invoice["status"] not in {"open", "uncollectible"}:
        raise RefusalError("You can only void open or uncollectible invoices.", param="invoice")
    invoice["status"] = "void"
    invoice["status_transitions"]["voided_at"] = int(clock.timestamp())
    account.emit("invoice.voided", invoice)
    return invoice


def _paid(account: State, invoice: Json, now: int) -> Json:
    invoice |= {
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + bool(invoice["amount_due"]),
        "attempted": True,
        "next_payment_attempt": None,
        "status": "paid",
    }
    invoice["status_transitions"]["paid_at"] = now
    account.emit("invoice.paid", invoice)
    account.emit("invoice.payment_succeeded", invoice)
    return invoice


def decline(account: State, invoice: Json) -> Json:
    """Try to collect an invoice with a card that is declined."""
    invoice |= {
        "attempt_count": invoice["attempt_count"] + 1,
        "attempted": True,
        "next_payment_attempt": int(clock.timestamp()) + 3 * 24 * 3600,
    }
    account.emit("invoice.payment_failed", invoice)
    return invoice


def _finalize(account: State, invoice: Json, customer: Json) -> None:
    sequence = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] += 1
    invoice |= {"status": "open", "number": f"{customer['invoice_prefix']}-{sequence:04d}"}
    invoice["status_transitions"]["finalized_at"] = int(clock.timestamp())
    account.emit("invoice.finalized", invoice)


def _settle(account: State, invoice: Json, way: Json, amount: int, now: int) -> None:
    payment = account.objects.add(
        {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": amount,
            "amount_requested": amount,
            "created": now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": way,
            "status": "paid",
            "status_transitions": {"canceled_at": None, "paid_at": now},
        }
    )
    account.emit("invoice_payment.paid", payment)


def _tax(amount: int, taxable: int) -> Json:
    return {
        "amount": amount,
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": _TAX_RATE},
        "taxability_reason": "standard_rated",
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }
