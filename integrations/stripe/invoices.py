"""Invoices as the program needs them: what each brought, and its place among the customer's.

A plain invoice takes two calls. The first lists the customer's paid invoices, which gives the
invoice itself with its customer, payments, codes and subscription, and its rank; the second gives
the payment with its fee and refunds. The paths to expand keep to Stripe's four levels.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

import stripe

import clock
from integrations.errors import TransportError
from integrations.stripe.customers import Customer, read_customer
from integrations.stripe.pace import Pace
from integrations.stripe.payments import MOST, Money, Payments, nearest
from integrations.stripe.plans import Plans

PAID: Final = "paid"
GONE: Final = "deleted"

_WITH: Final = (
    "customer",
    "payments",
    "discounts.promotion_code",
    "total_discount_amounts.discount.promotion_code",
    "parent.subscription_details.subscription",
)
_NOTHING: Final = Money("", 0, 0)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """An invoice and all that became of its money, in minor units of `currency`.

    `currency` is what the account settled in; `fetched_at` is when the first question was asked.
    `status` is Stripe's, or `deleted`; only a paid one has collected anything. `cycle` and
    `subscription_cycle` rank it (from 1) among the paid invoices above zero of the customer and
    of the subscription, 0 where it is none; `earlier` are those before it, oldest first.
    """

    id: str
    status: str
    customer: Customer
    currency: str
    collected: int
    tax: int
    fee: int
    refunded: int
    disputed: int
    cycle: int
    subscription_cycle: int
    earlier: tuple[str, ...]
    paid_at: datetime
    fetched_at: datetime
    subscription: str
    plan: str
    codes: tuple[str, ...]


class Invoices:
    """Asks for invoices. Every method raises `TransportError`."""

    def __init__(self, v1: stripe.V1Services, pace: Pace, plans: Plans) -> None:
        self._v1 = v1
        self._pace = pace
        self._payments = Payments(v1, pace)
        self._plans = plans

    async def fetch(self, invoice_id: str, customer: str = "") -> InvoiceReport:
        """The invoice as it stands. Knowing whose it is saves a call."""
        fetched_at = clock.now()
        found: Json | None = None
        if not customer:
            found = await self._retrieve(invoice_id)
            if found is None:
                return _gone(invoice_id, "", fetched_at)
            customer = _id(found["customer"])
        paid = await self._paid_by(customer) if customer else []
        listed = next((one for one in paid if one["id"] == invoice_id), None)
        invoice = listed or found or await self._retrieve(invoice_id)
        if invoice is None:
            return _gone(invoice_id, customer, fetched_at)
        return await self._report(invoice, paid, fetched_at)

    async def of_payment(self, *, intent: str, charge: str = "") -> tuple[str, ...]:
        """The invoices that a payment settled; none for other sales.

        A charge that has a payment intent is known by that.
        """
        if not intent:
            async with self._pace.read():
                intent = _id(
                    (await self._v1.charges.retrieve_async(charge)).to_dict()["payment_intent"]
                )
            if not intent:
                return ()
        payment: Any = {"type": "payment_intent", "payment_intent": intent}
        async with self._pace.read():
            page = await self._v1.invoice_payments.list_async({"payment": payment, "limit": MOST})
            found = [one.to_dict() async for one in page.auto_paging_iter()]
        return tuple(dict.fromkeys(_id(one["invoice"]) for one in found))

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
                yield found["id"], _id(found["customer"])
            if not page.has_more or not page.data:
                return
            after = str(page.data[-1].id)

    async def _paid_by(self, customer: str) -> list[Json]:
        """All paid invoices of a customer with what belongs to them."""
        async with self._pace.read():
            page = await self._v1.invoices.list_async(
                {
                    "customer": customer,
                    "status": PAID,
                    "limit": MOST,
                    "expand": [f"data.{path}" for path in _WITH],
                }
            )
            return [one.to_dict() async for one in page.auto_paging_iter()]

    async def _retrieve(self, invoice_id: str) -> Json | None:
        """One invoice of any status; None where there is none any more."""
        try:
            async with self._pace.read():
                found = await self._v1.invoices.retrieve_async(invoice_id, {"expand": list(_WITH)})
        except TransportError as error:
            if error.code == "resource_missing":
                return None
            raise
        return found.to_dict()

    async def _report(self, invoice: Json, paid: list[Json], fetched_at: datetime) -> InvoiceReport:
        subscription = _subscription(invoice)
        subscription_id = _id(subscription)
        # Of those paid in one second the one made first is first, as Stripe lists them.
        ranked = sorted((one for one in reversed(paid) if one["amount_paid"] > 0), key=_paid_at)
        place = next((n for n, one in enumerate(ranked) if one["id"] == invoice["id"]), -1)
        before = ranked[:place] if place >= 0 else []
        of_it = [one for one in before if _id(_subscription(one)) == subscription_id]
        money = await self._money(invoice) if invoice["status"] == PAID else [_NOTHING]
        total = _together(invoice, money)
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
            tax=_tax(invoice, total),
            fee=total.fee,
            refunded=total.refunded,
            disputed=total.disputed,
            cycle=place + 1,
            subscription_cycle=len(of_it) + 1 if place >= 0 and subscription_id else 0,
            earlier=tuple(one["id"] for one in before),
            paid_at=_moment(_paid_at(invoice)),
            fetched_at=fetched_at,
            subscription=subscription_id,
            plan=await self._plan(invoice, subscription),
            codes=_codes(invoice),
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

    async def _plan(self, invoice: Json, subscription: Any) -> str:
        price = _price(invoice["lines"]["data"])
        if not price or not subscription:
            return ""
        items = subscription["items"]["data"] if isinstance(subscription, dict) else []
        return await self._plans.slug(price, [item["price"] for item in items])


def _together(invoice: Json, money: Sequence[Money]) -> Money:
    """The sum of the payments, which all have to be settled in one currency."""
    currencies = {one.currency for one in money if one.currency}
    if len(currencies) > 1:
        raise TransportError(
            f"The payments of invoice {invoice['id']} were settled in different currencies "
            f"({', '.join(sorted(currencies))}), which one sale can not hold.",
            permanent=True,
        )
    return Money(
        currency=next(iter(currencies), invoice["currency"]),
        paid=sum(one.paid for one in money),
        collected=sum(one.collected for one in money),
        fee=sum(one.fee for one in money),
        refunded=sum(one.refunded for one in money),
        disputed=sum(one.disputed for one in money),
    )


def _tax(invoice: Json, total: Money) -> int:
    """The tax in the settlement currency, at the rate at which the payments were converted."""
    if total.paid <= 0:
        return 0
    tax = sum(one["amount"] for one in invoice.get("total_taxes") or ())
    return min(nearest(Fraction(tax * total.collected, total.paid)), total.collected)


def _codes(invoice: Json) -> tuple[str, ...]:
    """What the customer typed, wherever the discount hangs; those who typed nothing have none."""
    discounts = [
        *invoice["discounts"],
        *(one["discount"] for one in invoice.get("total_discount_amounts") or ()),
    ]
    found = [one.get("promotion_code") for one in discounts if isinstance(one, dict)]
    return tuple(dict.fromkeys(str(code["code"]) for code in found if isinstance(code, dict)))


def _subscription(invoice: Json) -> Any:
    """The subscription, as an id or expanded; None for a one-time sale."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return details.get("subscription")


def _price(lines: Sequence[Json]) -> str:
    """The price that the invoice is about: of the dearest line, since prorations give credit."""
    priced = [one for one in lines if (one.get("pricing") or {}).get("price_details")]
    dearest = max(priced, key=lambda one: int(one["amount"]), default=None)
    return _id(dearest["pricing"]["price_details"]["price"]) if dearest else ""


def _paid_at(invoice: Json) -> int:
    """Seconds since the epoch."""
    return int(invoice["status_transitions"]["paid_at"] or invoice["created"])


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _id(reference: Any) -> str:
    """The id in a reference that may be expanded or empty."""
    return str(reference["id"] if isinstance(reference, dict) else reference or "")


def _gone(invoice_id: str, customer: str, fetched_at: datetime) -> InvoiceReport:
    return InvoiceReport(
        id=invoice_id,
        status=GONE,
        customer=Customer(customer, "", {}),
        currency="",
        collected=0,
        tax=0,
        fee=0,
        refunded=0,
        disputed=0,
        cycle=0,
        subscription_cycle=0,
        earlier=(),
        paid_at=fetched_at,
        fetched_at=fetched_at,
        subscription="",
        plan="",
        codes=(),
    )
