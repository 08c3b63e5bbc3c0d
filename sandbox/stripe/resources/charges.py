from typing import Any, ClassVar

from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.resources.base import Resource, page


class Charges(Resource):
    """Charges: money taken from a card, and how much of it was given back."""

    kind = "charge"
    path = "charges"
    prefix = "ch"
    retrieves = shapes.ChargeRetrieveParams
    lists = shapes.ChargeListParams
    links: ClassVar[frozenset[str]] = frozenset({"customer", "payment_intent"})
    hidden: ClassVar[frozenset[str]] = frozenset({"refunds"})

    def included(self, thing: Json, field: str) -> Any:
        """A charge knows its refunds, on request."""
        if field != "refunds":
            return super().included(thing, field)
        refunds = list(self.account.objects.naming("refund", thing["id"]))
        return page(f"/v1/charges/{thing['id']}/refunds", refunds)
