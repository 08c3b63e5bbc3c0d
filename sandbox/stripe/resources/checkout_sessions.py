from collections.abc import Iterator
from typing import ClassVar

from stripe.params import checkout as shapes

import clock
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.refusals import RefusalError, only_one_of, required
from sandbox.stripe.resources.base import Call, Resource, page

_LIVES = 24 * 3600
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
        customer = params.get("customer")
        if customer:
            self.account.objects.get("customer", customer, "customer")
        data = params.get("subscription_data", {})
        return {
            "id": new_id(self.prefix, 58),
            "allow_promotion_codes": params.get("allow_promotion_codes"),
            "amount_subtotal": price["unit_amount"],
            "amount_total": price["unit_amount"],
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "currency": price["currency"],
            "customer": customer,
            "customer_details": None,
            "customer_email": params.get("customer_email"),
            "discounts": self._discounts(params.get("discounts", [])),
            "expires_at": int(clock.timestamp()) + _LIVES,
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
            "total_details": dict(_TOTALS),
            "ui_mode": "hosted_page",
        }

    def shown(self, thing: Json) -> Json:
        """A session is open for a day, and has an address while it is open."""
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

    def _discounts(self, given: list[Json]) -> list[Json]:
        if len(given) > 1:
            raise RefusalError("You can apply at most one discount.", param="discounts")
        for one in given:
            if "promotion_code" not in one:
                raise required("discounts[0][promotion_code]")
            code = self.account.objects.get(
                "promotion_code", one["promotion_code"], "discounts[0][promotion_code]"
            )
            if not self.account.snapshot(code)["active"]:
                raise RefusalError(
                    "This promotion code is not active.", param="discounts[0][promotion_code]"
                )
        return [{"coupon": None, "promotion_code": one["promotion_code"]} for one in given]

    def _expire(self, key: str, _params: Json) -> Json:
        thing = self.account.objects.get(self.kind, key, status=404)
        if self.shown(thing)["status"] != "open":
            raise RefusalError("Only Checkout Sessions with a status in [`open`] can be expired.")
        thing["status"] = "expired"
        self.account.emit("checkout.session.expired", thing)
        return thing
