from collections.abc import Iterator
from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.money import subscriptions
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.base import Call, Resource


class Subscriptions(Resource):
    """Subscriptions: a customer, a price, and the period that is being paid for."""

    kind = "subscription"
    path = "subscriptions"
    prefix = "sub"
    retrieves = shapes.SubscriptionRetrieveParams
    lists = shapes.SubscriptionListParams
    links: ClassVar[frozenset[str]] = frozenset({"customer"})

    def calls(self) -> Iterator[Call]:
        """A subscription is canceled by deleting it, and can still be read afterwards."""
        yield from super().calls()
        path = f"/v1/{self.path}/{{id}}"
        yield Call("DELETE", path, shapes.SubscriptionCancelParams, self._cancel)

    def matches(self, thing: Json, params: Json) -> bool:
        """Canceled ones are listed only on request; a price is looked for in the items."""
        wanted = dict(params)
        status, price = wanted.pop("status", None), wanted.pop("price", None)
        if status is None and thing["status"] == "canceled":
            return False
        if status not in {None, "all", thing["status"]}:
            return False
        if price not in {None, thing["items"]["data"][0]["price"]["id"]}:
            return False
        return super().matches(thing, wanted)

    def _cancel(self, key: str, _params: Json) -> Json:
        thing = self.account.objects.get(self.kind, key, status=404)
        if thing["status"] == "canceled":
            raise RefusalError(f"The subscription {key} is canceled already.")
        return subscriptions.cancel(self.account, thing)
