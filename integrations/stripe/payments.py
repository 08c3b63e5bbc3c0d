"""What a payment brought, as the account's balance has it: collected, kept, given back, held.

Amounts are minor units of the settlement currency, taken from balance transactions; what has none
is converted at the rate of the charge's own. Fractions, no floats, a half rounded up.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final
from urllib.parse import quote

import stripe

from integrations.errors import TransportError
from integrations.stripe.pace import Pace
from integrations.stripe.reads import Reads

MOST: Final = 100
"""Objects that one page of a list can hold."""

NOT_BOOKED: Final = "not_booked"
"""The code of the error for a payment whose balance transaction is still to come."""

_CHARGE: Final = ("balance_transaction", "refunds.data.balance_transaction")
_GIVEN_BACK: Final = frozenset({"succeeded", "pending", "requires_action"})
_BOOKED_SOON_S: Final = 10.0

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Money:
    """What one payment, or the part of it that belongs to one invoice, came to.

    `paid` is in minor units of what the customer was charged in, the rest of `currency`.
    """

    currency: str
    paid: int
    collected: int
    fee: int = 0
    refunded: int = 0
    disputed: int = 0
    card: str = ""


class Payments:
    """Asks for payments and reckons what they brought."""

    def __init__(self, v1: stripe.V1Services, pace: Pace, reads: Reads) -> None:
        self._v1 = v1
        self._pace = pace
        self._reads = reads

    async def money_of(self, payment: Json) -> Money:
        """What an invoice payment came to. Raises `TransportError` while it is not booked."""
        way: Json = payment["payment"]
        paid = payment["amount_paid"] or 0
        if way["type"] == "payment_intent":
            charge = await self._charge_of_intent(way["payment_intent"])
        elif way["type"] == "charge":
            charge = await self._charge(way["charge"])
        else:  # paid outside of Stripe, which took no fee and knows of nothing given back
            return Money(payment["currency"], paid, paid)
        return await self._reckon(charge, paid)

    async def _charge_of_intent(self, intent: str) -> Json:
        expand = [f"latest_charge.{name}" for name in _CHARGE]
        found = await self._reads.one(f"/v1/payment_intents/{quote(intent)}", expand=expand)
        charge: Json | None = found["latest_charge"]
        if charge is None:
            raise _not_booked(intent)
        return charge

    async def _charge(self, charge: str) -> Json:
        return await self._reads.one(f"/v1/charges/{quote(charge)}", expand=list(_CHARGE))

    async def _reckon(self, charge: Json, paid: int) -> Money:
        booked = charge["balance_transaction"]
        if booked is None:
            raise _not_booked(charge["id"])
        whole = charge["amount_captured"] or charge["amount"]
        rate = Fraction(booked["amount"], whole)
        share = Fraction(min(paid, whole), whole)  # one payment can settle several invoices
        refunded = sum(_refunded(it, booked, rate) for it in await self._refunds(charge))
        disputed = sum(_disputed(it, booked, rate) for it in await self._disputes(charge))
        return Money(
            currency=booked["currency"],
            paid=min(paid, whole),
            collected=nearest(share * booked["amount"]),
            fee=nearest(share * booked["fee"]),
            refunded=nearest(share * refunded),
            disputed=nearest(share * disputed),
            card=_fingerprint(charge),
        )

    async def _refunds(self, charge: Json) -> list[Json]:
        inside = charge.get("refunds") or {"data": [], "has_more": False}
        if not inside["has_more"]:
            found: list[Json] = inside["data"]
            return found
        async with self._pace.read():
            page = await self._v1.refunds.list_async(
                {
                    "charge": charge["id"],
                    "limit": MOST,
                    "expand": ["data.balance_transaction"],
                }
            )
            return [it.to_dict() async for it in page.auto_paging_iter()]

    async def _disputes(self, charge: Json) -> list[Json]:
        if not charge["disputed"]:
            return []
        async with self._pace.read():
            page = await self._v1.disputes.list_async({"charge": charge["id"], "limit": MOST})
            return [it.to_dict() async for it in page.auto_paging_iter()]


def nearest(amount: Fraction | int) -> int:
    """The nearest whole unit; exactly a half goes up."""
    return math.floor(amount + Fraction(1, 2))


def _refunded(refund: Json, booked: Json, rate: Fraction) -> Fraction | int:
    """What a refund took, or will: one that failed or was canceled gave everything back."""
    if refund["status"] not in _GIVEN_BACK:
        return 0
    line = refund["balance_transaction"]
    if line is None or line["currency"] != booked["currency"]:
        return int(refund["amount"]) * rate
    return -int(line["amount"])


def _disputed(dispute: Json, booked: Json, rate: Fraction) -> Fraction | int:
    """What a dispute holds, open or lost: withdrawn less reinstated, without its fee."""
    if dispute["status"] == "won":
        return 0
    lines: Iterable[Json] = dispute["balance_transactions"]
    if any(line["currency"] != booked["currency"] for line in lines):
        return int(dispute["amount"]) * rate
    return max(-sum(int(line["amount"]) for line in lines), 0)


def _fingerprint(charge: Json) -> str:
    """The fingerprint of the card, also of one in a wallet; "" for other ways to pay."""
    details = charge.get("payment_method_details") or {}
    return str((details.get("card") or {}).get("fingerprint") or "")


def _not_booked(what: str) -> TransportError:
    """Stripe books some payments a moment after they succeed (`automatic_async` capture)."""
    return TransportError(
        f"Stripe has not booked the payment {what} yet.",
        retry_after=_BOOKED_SOON_S,
        code=NOT_BOOKED,
    )
