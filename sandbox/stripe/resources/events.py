from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import only_one_of
from sandbox.stripe.resources.base import Resource
from sandbox.stripe.state import subscribed


class Events(Resource):
    """Events: what has happened in the account, newest first."""

    kind = "event"
    path = "events"
    prefix = "evt"
    retrieves = shapes.EventRetrieveParams
    lists = shapes.EventListParams
    verbatim = True

    def matches(self, thing: Json, params: Json) -> bool:
        """Filter by type (`invoice.*` too), by several types, and by whether all were delivered."""
        kind, kinds = params.get("type"), params.get("types")
        if kind is not None and kinds is not None:
            raise only_one_of("type", "types")
        if kinds is not None and thing["type"] not in kinds:
            return False
        if kind is not None and not subscribed([kind], thing["type"]):
            return False
        delivered = params.get("delivery_success")
        return delivered is None or delivered == (thing["pending_webhooks"] == 0)
