from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.resources.base import Resource


class InvoicePayments(Resource):
    """Invoice payments: the only link between an invoice and the payment that settled it."""

    kind = "invoice_payment"
    path = "invoice_payments"
    prefix = "inpay"
    retrieves = shapes.InvoicePaymentRetrieveParams
    lists = shapes.InvoicePaymentListParams
    links: ClassVar[frozenset[str]] = frozenset({"invoice", "payment"})

    def matches(self, thing: Json, params: Json) -> bool:
        """Filter by the payment, too, which is named by its type."""
        wanted = dict(params)
        payment = wanted.pop("payment", {})
        if any(thing["payment"].get(name) != value for name, value in payment.items()):
            return False
        return super().matches(thing, wanted)
