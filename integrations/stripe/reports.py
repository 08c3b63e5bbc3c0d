"""What an invoice came to: the report, and how each part of it is read from Stripe's objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final

from integrations.errors import TransportError
from integrations.stripe.customers import Customer
from integrations.stripe.payments import Money, nearest

GONE: Final = "deleted"

CHECKOUT: Final = "affiliate_desk_checkout"
"""The key in a subscription's metadata that holds our id of the checkout that began it."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InvoiceDiscount:
    """What one discount took off an invoice, in minor units of the invoice's own `currency`.

    `promotion_code` is its id and `code` what the customer typed, both empty where a coupon was
    applied by itself. `metadata` is the coupon's with the promotion code's over it.
    """

    promotion_code: str
    code: str
    coupon: str
    metadata: Mapping[str, str]
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """An invoice and all that became of its money, in minor units of `currency`.

    `currency` is what the account settled in; `fetched_at` is when the first question was asked.
    `status` is Stripe's, or `deleted`; only a paid one has collected anything. `cycle` and
    `subscription_cycle` rank it (from 1) among the paid invoices above zero of the customer and
    of the subscription, 0 where it is none; `earlier` are those before it, oldest first. `checkout`
    is our own id of the checkout that began the subscription, where one of ours did.
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
    price: str
    plan: str
    codes: tuple[str, ...]
    discounts: tuple[InvoiceDiscount, ...]
    checkout: str


def together(invoice: Json, money: Sequence[Money]) -> Money:
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


def tax_of(invoice: Json, total: Money) -> int:
    """The tax in the settlement currency, at the rate at which the payments were converted."""
    if total.paid <= 0:
        return 0
    tax = sum(one["amount"] for one in invoice.get("total_taxes") or ())
    return min(nearest(Fraction(tax * total.collected, total.paid)), total.collected)


def codes_of(invoice: Json) -> tuple[str, ...]:
    """What the customer typed, wherever the discount hangs; those who typed nothing have none."""
    discounts = [
        *invoice["discounts"],
        *(one["discount"] for one in invoice.get("total_discount_amounts") or ()),
    ]
    found = [one.get("promotion_code") for one in discounts if isinstance(one, dict)]
    return tuple(dict.fromkeys(str(code["code"]) for code in found if isinstance(code, dict)))


def discounts_of(invoice: Json) -> tuple[InvoiceDiscount, ...]:
    """What each discount took off the invoice, in the order in which they were applied.

    Stripe expands four levels: a coupon's metadata comes with the discounts on the invoice, which
    are those of the subscription, and not with one that hangs on a single line.
    """
    whole = {one["id"]: one for one in invoice["discounts"] if isinstance(one, dict)}
    found = []
    for given in invoice.get("total_discount_amounts") or ():
        discount = given["discount"]
        if not isinstance(discount, dict):
            continue
        discount = whole.get(discount["id"], discount)
        code = discount.get("promotion_code")
        code = code if isinstance(code, dict) else {}
        coupon = (discount.get("source") or {}).get("coupon")
        metadata = (coupon.get("metadata") if isinstance(coupon, dict) else None) or {}
        found.append(
            InvoiceDiscount(
                promotion_code=code.get("id", ""),
                code=code.get("code", ""),
                coupon=id_of(coupon),
                metadata={**metadata, **(code.get("metadata") or {})},
                amount=int(given["amount"]),
                currency=invoice["currency"],
            )
        )
    return tuple(found)


def checkout_of(invoice: Json) -> str:
    """Our id of the checkout, as the subscription carried it when the invoice was made."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return str((details.get("metadata") or {}).get(CHECKOUT, ""))


def subscription_of(invoice: Json) -> Any:
    """The subscription, as an id or expanded; None for a one-time sale."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return details.get("subscription")


def price_of(lines: Sequence[Json]) -> str:
    """The price that the invoice is about: of the dearest line, since prorations give credit."""
    priced = [one for one in lines if (one.get("pricing") or {}).get("price_details")]
    dearest = max(priced, key=lambda one: int(one["amount"]), default=None)
    return id_of(dearest["pricing"]["price_details"]["price"]) if dearest else ""


def paid_at(invoice: Json) -> int:
    """Seconds since the epoch."""
    return int(invoice["status_transitions"]["paid_at"] or invoice["created"])


def moment(seconds: int) -> datetime:
    """Stripe's seconds since the epoch as a moment in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def id_of(reference: Any) -> str:
    """The id in a reference that may be expanded or empty."""
    return str(reference["id"] if isinstance(reference, dict) else reference or "")


def gone(invoice_id: str, customer: str, fetched_at: datetime) -> InvoiceReport:
    """The report on an invoice that Stripe does not have any more."""
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
        price="",
        plan="",
        codes=(),
        discounts=(),
        checkout="",
    )
