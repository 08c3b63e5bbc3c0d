from typing import ClassVar

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
    hidden: ClassVar[frozenset[str]] = frozenset({"refunds"})

    def shown(self, thing: Json) -> Json:
        """A charge knows its refunds, on request."""
        refunds = [
            refund
            for refund in self.account.objects.newest_first("refund")
            if refund["charge"] == thing["id"]
        ]
        return thing | {"refunds": page(f"/v1/charges/{thing['id']}/refunds", refunds)}
