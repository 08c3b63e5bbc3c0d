from typing import Any, ClassVar

from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.resources.base import Resource, page


class Invoices(Resource):
    """Invoices: what a customer owes for a period, and what was paid of it."""

    kind = "invoice"
    path = "invoices"
    prefix = "in"
    retrieves = shapes.InvoiceRetrieveParams
    updates = shapes.InvoiceUpdateParams
    lists = shapes.InvoiceListParams
    links: ClassVar[frozenset[str]] = frozenset({"customer", "subscription"})
    hidden: ClassVar[frozenset[str]] = frozenset({"payments"})

    def matches(self, thing: Json, params: Json) -> bool:
        """Filter by subscription, too, which an invoice names in its parent."""
        wanted = dict(params)
        subscription = wanted.pop("subscription", None)
        details = thing["parent"]["subscription_details"]
        if subscription not in {None, details["subscription"]}:
            return False
        return super().matches(thing, wanted)

    def included(self, thing: Json, field: str) -> Any:
        """An invoice knows its payments, on request."""
        if field != "payments":
            return super().included(thing, field)
        return page(
            "/v1/invoice_payments",
            list(self.account.objects.naming("invoice_payment", thing["id"])),
        )
