from collections.abc import Iterator
from typing import ClassVar

from stripe.params import checkout as shapes

import clock
from sandbox.stripe.money.discounts import given, off, require
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.refusals import RefusalError, only_one_of, required
from sandbox.stripe.resources.base import Call, Resource, page

_LIVES = 24 * 3600
_SHORTEST = 30 * 60
_TOTALS = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}


class CheckoutSessions(Resource):
    """Checkout sessions: a hosted page on which one customer subscribes to one price."""

    kind = "checkout.session"
    path = "checkout/sessions"
    prefix = "cs_test"
    creates = shapes.SessionCreateParams
    retrieves = shapes.SessionRetrieveParams
    lists = shapes.SessionListParams
    hidden: ClassVar[frozenset[str]] = frozenset({"line_items"})
    announced = False

    def calls(self) -> Iterator[Call]:
        """A session can be closed before anybody pays."""
        yield from super().calls()
        path = f"/v1/{self.path}/{{id}}/expire"
        yield Call("POST", path, shapes.SessionExpireParams, self._expire)

    def build(self, params: Json) -> Json:
        """Apply the rules on what is sold to whom with which discount."""
        if params.get("mode") != "subscription" or params.get("ui_mode") not in {
            None,
            "hosted_page",
        }:
            raise RefusalError("This account sells subscriptions on hosted pages.", param="mode")
        if "success_url" not in params:
            raise required("success_url")
        for first, second in (
            ("customer", "customer_email"),
            ("allow_promotion_codes", "discounts"),
        ):
            if params.get(first) and params.get(second):
                raise only_one_of(first, second)
        price = self._price(params.get("line_items", []))
        key = params.get("customer")
        customer = self.account.objects.get("customer", key, "customer") if key else None
        discounts, off = self._discounts(params.get("discounts", []), price, customer)
        data = params.get("subscription_data", {})
        return {
            "id": new_id(self.prefix, 58),
            "allow_promotion_codes": params.get("allow_promotion_codes"),
            "amount_subtotal": price["unit_amount"],
            "amount_total": price["unit_amount"] - off,
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "currency": price["currency"],
            "customer": key,
            "customer_details": None,
            "customer_email": params.get("customer_email"),
            "discounts": discounts,
            "expires_at": _end(params.get("expires_at")),
            "invoice": None,
            "line_items": page("", [{"object": "item", "price": price["id"], "quantity": 1}]),
            "mode": "subscription",
            "payment_intent": None,
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "status": "open",
            "subscription": None,
            "subscription_data": {
                "metadata": data.get("metadata", {}),
                "trial_period_days": data.get("trial_period_days", 0),
            },
            "success_url": params["success_url"],
            "total_details": _TOTALS | {"amount_discount": off},
            "ui_mode": "hosted_page",
        }

    def shown(self, thing: Json) -> Json:
        """A session has an address while it is open."""
        late = thing["status"] == "open" and thing["expires_at"] <= clock.timestamp()
        status = "expired" if late else thing["status"]
        url = f"{self.account.url}/pay/{thing['id']}" if status == "open" else None
        kept = {name: value for name, value in thing.items() if name != "subscription_data"}
        return kept | {"status": status, "url": url}

    def _price(self, items: list[Json]) -> Json:
        if not items:
            raise required("line_items")
        if len(items) > 1 or items[0].get("quantity", 1) != 1:
            raise RefusalError("This account sells one subscription at a time.", param="line_items")
        if "price" not in items[0]:
            raise required("line_items[0][price]")
        price = self.account.objects.get("price", items[0]["price"], "line_items[0][price]")
        if not price["recurring"] or not price["active"]:
            raise RefusalError(
                "You must provide at least one active recurring price in `subscription` mode.",
                param="line_items",
            )
        return price

    def _discounts(
        self, wanted: list[Json], price: Json, customer: Json | None
    ) -> tuple[list[Json], int]:
        """The discount as it is kept, and what it takes off the price in cents."""
        if len(wanted) > 1:
            raise RefusalError("You can apply at most one discount.", param="discounts")
        if not wanted:
            return [], 0
        deal = given(self.account, wanted[0], "discounts[0]")
        require(self.account, deal, price, customer)
        kept: Json = {"coupon": None, "promotion_code": None} | wanted[0]
        return [kept], off(deal.coupon, price["unit_amount"])

    def _expire(self, key: str, _params: Json) -> Json:
        thing = self.account.objects.get(self.kind, key, status=404)
        if self.shown(thing)["status"] != "open":
            raise RefusalError("Only Checkout Sessions with a status in [`open`] can be expired.")
        thing["status"] = "expired"
        self.account.emit("checkout.session.expired", thing)
        return thing


def _end(wanted: int | None) -> int:
    """When nobody can pay any more: as wished, else after a day."""
    now = int(clock.timestamp())
    if wanted is None:
        return now + _LIVES
    if not _SHORTEST <= wanted - now <= _LIVES:
        raise RefusalError(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
            "Session creation.",
            param="expires_at",
        )
    return wanted
