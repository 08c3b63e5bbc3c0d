from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.resources.base import Resource


class PaymentIntents(Resource):
    """Payment intents: one attempt to collect an amount; its charge holds the fee."""

    kind = "payment_intent"
    path = "payment_intents"
    prefix = "pi"
    retrieves = shapes.PaymentIntentRetrieveParams
    lists = shapes.PaymentIntentListParams
    links: ClassVar[frozenset[str]] = frozenset({"customer"})
