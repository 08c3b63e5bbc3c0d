"""How money goes back: refunds, and disputes with their ends."""

from typing import Final

import clock
from sandbox.stripe.money.payments import book
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.state import State

DISPUTE_FEE: Final = 1500
"""Cents that Stripe keeps for a dispute, won or lost."""

_ANSWER_WITHIN = 7 * 24 * 3600


def charge_of(account: State, invoice: Json) -> Json:
    """Return the charge that paid an invoice. Raises `RefusalError` where there is none."""
    for payment in account.objects.naming("invoice_payment", invoice["id"]):
        if payment["status"] == "paid":
            intent = account.objects.get("payment_intent", payment["payment"]["payment_intent"])
            return account.objects.get("charge", intent["latest_charge"])
    raise RefusalError(f"Nothing was paid on the invoice {invoice['id']}.", param="invoice")


def refund(
    account: State,
    charge: Json,
    *,
    amount: int | None = None,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Json:
    """Give back `amount` cents of a charge, by default all that is left. Stripe keeps its fee."""
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise RefusalError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if charge["disputed"]:
        raise RefusalError(f"Charge {charge['id']} is disputed.", code="charge_disputed")
    cents = left if amount is None else amount
    if not 0 < cents <= left:
        raise RefusalError(
            f"Refund amount ({cents}) is greater than unrefunded amount on charge ({left}), or "
            "not positive.",
            param="amount",
        )
    key = new_id("re")
    line = book(
        account,
        amount=-cents,
        fee=0,
        currency=charge["currency"],
        kind="refund",
        source=key,
        category="refund",
    )
    made = account.objects.add(
        {
            "id": key,
            "object": "refund",
            "amount": cents,
            "balance_transaction": line["id"],
            "charge": charge["id"],
            "created": int(clock.timestamp()),
            "currency": charge["currency"],
            "failure_balance_transaction": None,
            "failure_reason": None,
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            "metadata": metadata or {},
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "receipt_number": None,
            "status": "succeeded",
        }
    )
    before = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge["amount_refunded"] += cents
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.emit("refund.created", made)
    account.emit("charge.refunded", charge, before)
    return made


def fail_refund(account: State, made: Json) -> Json:
    """Let the bank refuse a refund: the money comes back to the account."""
    if made["status"] != "succeeded":
        raise RefusalError(f"The refund {made['id']} is {made['status']}.", param="refund")
    charge = account.objects.get("charge", made["charge"])
    line = book(
        account,
        amount=made["amount"],
        fee=0,
        currency=made["currency"],
        kind="refund_failure",
        source=made["id"],
        category="refund_failure",
    )
    made |= {
        "status": "failed",
        "failure_balance_transaction": line["id"],
        "failure_reason": "lost_or_stolen_card",
    }
    charge["amount_refunded"] -= made["amount"]
    charge["refunded"] = False
    account.emit("refund.updated", made, {"status": "succeeded"})
    account.emit("refund.failed", made)
    return made


def credit(account: State, invoice: Json, amount: int) -> Json:
    """Give `amount` cents of a paid invoice back by a credit note that refunds them."""
    made = refund(account, charge_of(account, invoice), amount=amount)
    note = account.objects.add(
        {
            "id": new_id("cn"),
            "object": "credit_note",
            "amount": amount,
            "created": int(clock.timestamp()),
            "currency": invoice["currency"],
            "customer": invoice["customer"],
            "invoice": invoice["id"],
            "livemode": False,
            "metadata": {},
            "post_payment_amount": amount,
            "pre_payment_amount": 0,
            "reason": "order_change",
            "refunds": [
                {
                    "amount_refunded": amount,
                    "payment_record_refund": None,
                    "refund": made["id"],
                    "type": "refund",
                }
            ],
            "status": "issued",
            "total": amount,
            "type": "post_payment",
        }
    )
    invoice["post_payment_credit_notes_amount"] += amount
    account.emit("credit_note.created", note)
    return note


def dispute(
    account: State, charge: Json, *, amount: int | None = None, reason: str = "fraudulent"
) -> Json:
    """Let the cardholder's bank take `amount` cents back, by default all, until it is decided."""
    if charge["disputed"]:
        raise RefusalError(f"Charge {charge['id']} is disputed already.", code="charge_disputed")
    cents = charge["amount"] if amount is None else amount
    now = int(clock.timestamp())
    key = new_id("du")
    withdrawn = book(
        account,
        amount=-cents,
        fee=DISPUTE_FEE,
        currency=charge["currency"],
        kind="adjustment",
        source=key,
        category="dispute",
    )
    made = account.objects.add(
        {
            "id": key,
            "object": "dispute",
            "amount": cents,
            "balance_transactions": [withdrawn],
            "charge": charge["id"],
            "created": now,
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": {},
            "evidence_details": {
                "due_by": now + _ANSWER_WITHIN,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "network_reason_code": "10.4",
            "payment_intent": charge["payment_intent"],
            "payment_method_details": {"card": {"brand": "visa"}, "type": "card"},
            "reason": reason,
            "status": "needs_response",
        }
    )
    charge["disputed"] = True
    account.emit("charge.dispute.created", made)
    account.emit("charge.dispute.funds_withdrawn", made)
    return made


def reverse_transfer(account: State, made: Json, amount: int) -> Json:
    """Take `amount` cents of a transfer back from the connected account."""
    left = made["amount"] - made["amount_reversed"]
    if not 0 < amount <= left:
        raise RefusalError(f"Only {left} of the transfer can be reversed.", param="amount")
    book(
        account,
        amount=amount,
        fee=0,
        currency=made["currency"],
        kind="transfer_refund",
        source=made["id"],
        category="transfer_reversal",
    )
    made["amount_reversed"] += amount
    made["reversed"] = made["amount_reversed"] == made["amount"]
    account.emit("transfer.reversed", made)
    return made


def decide(account: State, disputed: Json, *, won: bool) -> Json:
    """Close a dispute: won gives the amount back, though not the fee; lost gives nothing."""
    if disputed["status"] in {"won", "lost"}:
        raise RefusalError(f"The dispute {disputed['id']} is closed.", param="dispute")
    before = {"status": disputed["status"]}
    disputed["status"] = "won" if won else "lost"
    if won:
        line = book(
            account,
            amount=disputed["amount"],
            fee=0,
            currency=disputed["currency"],
            kind="adjustment",
            source=disputed["id"],
            category="dispute_reversal",
        )
        disputed["balance_transactions"].append(line)
        account.emit("charge.dispute.funds_reinstated", disputed)
    account.emit("charge.dispute.closed", disputed, before)
    return disputed
