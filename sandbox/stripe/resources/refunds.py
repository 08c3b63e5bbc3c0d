from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.money import reversals
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import required
from sandbox.stripe.resources.base import Resource


class Refunds(Resource):
    """Refunds: what was given back of a charge."""

    kind = "refund"
    path = "refunds"
    prefix = "re"
    creates = shapes.RefundCreateParams
    retrieves = shapes.RefundRetrieveParams
    lists = shapes.RefundListParams
    links: ClassVar[frozenset[str]] = frozenset({"charge", "payment_intent"})

    def _create(self, _key: str, params: Json) -> Json:
        """Refund a charge, named itself or by its payment intent."""
        objects = self.account.objects
        charge = params.get("charge")
        if charge is None:
            if "payment_intent" not in params:
                raise required("charge")
            intent = objects.get("payment_intent", params["payment_intent"], "payment_intent")
            charge = intent["latest_charge"]
        return reversals.refund(
            self.account,
            objects.get("charge", charge, "charge"),
            amount=params.get("amount"),
            reason=params.get("reason"),
            metadata=params.get("metadata") or {},
        )
