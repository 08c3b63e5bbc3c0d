from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.resources.base import Resource


class Disputes(Resource):
    """Disputes: a charge that a cardholder's bank took back, until it is decided."""

    kind = "dispute"
    path = "disputes"
    prefix = "du"
    retrieves = shapes.DisputeRetrieveParams
    lists = shapes.DisputeListParams
    links: ClassVar[frozenset[str]] = frozenset({"charge", "payment_intent"})
