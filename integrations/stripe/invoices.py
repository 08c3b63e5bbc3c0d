"""Invoices as the program needs them: what each brought, and its place among the customer's.

A plain invoice takes two calls. The first lists the customer's paid invoices, which gives the
invoice itself with its customer, payments, codes and subscription, and its rank; the second gives
the payment with its fee and refunds. The paths to expand keep to Stripe's four levels.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import stripe

import clock
from integrations.errors import TransportError
from integrations.stripe.answers import understood
from integrations.stripe.customers import read_customer
from integrations.stripe.pace import Pace
from integrations.stripe.payments import MOST, Money, Payments
from integrations.stripe.plans import Plans
from integrations.stripe.reads import Reads
from integrations.stripe.reports import (
    InvoiceReport,
    checkout_of,
    codes_of,
    discounts_of,
    gone,
    id_of,
    moment,
    paid_at,
    price_of,
    subscription_of,
    tax_of,
    together,
)

PAID: Final = "paid"
NOT_YET: Final = "not_listed"
"""The code of the error for an invoice that is paid, and whose rank nobody knows yet."""

_WITH: Final = (
    "customer",
    "payments",
    "discounts.promotion_code",
    "discounts.source.coupon",
    "total_discount_amounts.discount.promotion_code",
    "parent.subscription_details.subscription",
)
_LISTED_SOON_S: Final = 3.0
_NOTHING: Final = Money("", 0, 0)

Json = dict[str, Any]


class Invoices:
    """Asks for invoices. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace, reads: Reads, plans: Plans) -> None:
        self._v1 = v1
        self._pace = pace
        self._reads = reads
        self._payments = Payments(v1, pace, reads)
        self._plans = plans

    @understood
    async def fetch(self, invoice_id: str, customer: str = "") -> InvoiceReport:
        """The invoice as it stands. Knowing whose it is saves a call."""
        fetched_at = clock.now()
        found: Json | None = None
        if not customer:
            found = await self._retrieve(invoice_id)
            if found is None:
                return gone(invoice_id, "", fetched_at)
            customer = id_of(found["customer"])
            if not customer:
                raise TransportError(f"Invoice {invoice_id} names no customer.", permanent=True)
        paid = await self._paid_by(customer)
        listed = next((one for one in paid if one["id"] == invoice_id), None)
        invoice = listed or found or await self._retrieve(invoice_id)
        if invoice is None:
            return gone(invoice_id, customer, fetched_at)
        if listed is None and invoice["status"] == PAID:
            raise TransportError(
                f"Stripe does not list the invoice {invoice_id} as paid yet.",
                retry_after=_LISTED_SOON_S,
                code=NOT_YET,
            )
        return await self._report(invoice, paid, fetched_at)

    @understood
    async def of_payment(self, *, intent: str, charge: str = "") -> tuple[str, ...]:
        """The invoices that a payment settled; none for other sales.

        A charge that has a payment intent is known by that.
        """
        if not intent:
            async with self._pace.read():
                intent = id_of(
                    (await self._v1.charges.retrieve_async(charge)).to_dict()["payment_intent"]
                )
            if not intent:
                return ()
        payment: Any = {"type": "payment_intent", "payment_intent": intent}
        async with self._pace.read():
            page = await self._v1.invoice_payments.list_async({"payment": payment, "limit": MOST})
            found = [one.to_dict() async for one in page.auto_paging_iter()]
        return tuple(dict.fromkeys(id_of(one["invoice"]) for one in found))

    async def paid_since(self, since: datetime) -> AsyncIterator[tuple[str, str]]:
        """Every paid invoice made since then, newest first: `(invoice, customer)`."""
        after = ""
        while True:
            async with self._pace.read():
                page = await self._v1.invoices.list_async(
                    {
                        "status": PAID,
                        "limit": MOST,
                        "created": {"gte": int(since.timestamp())},
                        **({"starting_after": after} if after else {}),
                    }
                )
            for one in page.data:
                found = one.to_dict()
                yield found["id"], id_of(found["customer"])
            if not page.has_more or not page.data:
                return
            after = str(page.data[-1].id)

    async def _paid_by(self, customer: str) -> list[Json]:
        """All paid invoices of a customer with what belongs to them."""
        paid = self._reads.every(
            "/v1/invoices",
            customer=customer,
            status=PAID,
            limit=MOST,
            expand=[f"data.{path}" for path in _WITH],
        )
        return [one async for one in paid]

    async def _retrieve(self, invoice_id: str) -> Json | None:
        """One invoice of any status; None where there is none any more."""
        try:
            return await self._reads.one(f"/v1/invoices/{quote(invoice_id)}", expand=list(_WITH))
        except TransportError as error:
            if error.code == "resource_missing":
                return None
            raise

    async def _report(self, invoice: Json, paid: list[Json], fetched_at: datetime) -> InvoiceReport:
        subscription = subscription_of(invoice)
        subscription_id = id_of(subscription)
        price = price_of(invoice["lines"]["data"])
        # Of those paid in one second the one made first is first, as Stripe lists them.
        ranked = sorted((one for one in reversed(paid) if one["amount_paid"] > 0), key=paid_at)
        place = next((n for n, one in enumerate(ranked) if one["id"] == invoice["id"]), -1)
        before = ranked[:place] if place >= 0 else []
        of_it = [one for one in before if id_of(subscription_of(one)) == subscription_id]
        money = await self._money(invoice) if invoice["status"] == PAID else [_NOTHING]
        total = together(invoice, money)
        return InvoiceReport(
            id=invoice["id"],
            status=invoice["status"],
            customer=read_customer(
                invoice["customer"],
                email=invoice.get("customer_email") or "",
                card=next((one.card for one in money if one.card), ""),
            ),
            currency=total.currency,
            collected=total.collected,
            tax=tax_of(invoice, total),
            fee=total.fee,
            refunded=total.refunded,
            disputed=total.disputed,
            cycle=place + 1,
            subscription_cycle=len(of_it) + 1 if place >= 0 and subscription_id else 0,
            earlier=tuple(one["id"] for one in before),
            paid_at=moment(paid_at(invoice)),
            fetched_at=fetched_at,
            subscription=subscription_id,
            price=price if subscription else "",
            plan=await self._plan(price, subscription),
            codes=codes_of(invoice),
            discounts=discounts_of(invoice),
            checkout=checkout_of(invoice),
        )

    async def _money(self, invoice: Json) -> list[Money]:
        """What each payment brought. One that nobody recorded was made outside of Stripe."""
        inside = invoice.get("payments") or {"data": [], "has_more": False}
        payments: list[Json] = inside["data"]
        if inside["has_more"]:
            async with self._pace.read():
                page = await self._v1.invoice_payments.list_async(
                    {"invoice": invoice["id"], "status": PAID, "limit": MOST}
                )
                payments = [one.to_dict() async for one in page.auto_paging_iter()]
        money = [await self._payments.money_of(one) for one in payments if one["status"] == PAID]
        return money or [Money(invoice["currency"], invoice["amount_paid"], invoice["amount_paid"])]

    async def _plan(self, price: str, subscription: Any) -> str:
        if not price or not subscription:
            return ""
        items = subscription["items"]["data"] if isinstance(subscription, dict) else []
        return await self._plans.slug(price, [item["price"] for item in items])
