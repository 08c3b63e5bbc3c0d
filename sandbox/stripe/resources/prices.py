from typing import ClassVar

from stripe import params as shapes

from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError, only_one_of, required
from sandbox.stripe.resources.base import Resource
from sandbox.stripe.resources.products import Products
from sandbox.stripe.state import State


class Prices(Resource):
    """Prices per unit, one-time or recurring."""

    kind = "price"
    path = "prices"
    prefix = "price"
    creates = shapes.PriceCreateParams
    retrieves = shapes.PriceRetrieveParams
    updates = shapes.PriceUpdateParams
    lists = shapes.PriceListParams
    links: ClassVar[frozenset[str]] = frozenset({"product"})
    hidden: ClassVar[frozenset[str]] = frozenset({"currency_options", "tiers"})

    def build(self, params: Json) -> Json:
        """Take a price for one product, given by id or made on the way."""
        if params.get("billing_scheme", "per_unit") != "per_unit":
            raise RefusalError("This account sells per unit only.", param="billing_scheme")
        if params.get("unit_amount") is None:
            raise required("unit_amount")
        if params["unit_amount"] < 0:
            raise RefusalError(
                "Invalid non-negative integer",
                code="parameter_invalid_integer",
                param="unit_amount",
            )
        lookup_key = params.get("lookup_key")
        if lookup_key and any(
            price["lookup_key"] == lookup_key
            for price in self.account.objects.newest_first("price")
        ):
            raise RefusalError(
                f"A price (`{lookup_key}`) already uses that lookup key.", param="lookup_key"
            )
        return {
            "active": params.get("active", True),
            "billing_scheme": "per_unit",
            "currency": params["currency"].lower(),
            "currency_options": params.get("currency_options"),
            "custom_unit_amount": None,
            "lookup_key": lookup_key,
            "nickname": params.get("nickname"),
            "product": _product(self.account, params),
            "recurring": _recurring(params.get("recurring")),
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "recurring" if "recurring" in params else "one_time",
            "unit_amount": params["unit_amount"],
            "unit_amount_decimal": str(params["unit_amount"]),
        }

    def matches(self, thing: Json, params: Json) -> bool:
        """Filter by lookup keys and by how often a price recurs, too."""
        wanted = dict(params)
        keys, recurring = wanted.pop("lookup_keys", None), wanted.pop("recurring", {})
        if keys is not None and thing["lookup_key"] not in keys:
            return False
        if any((thing["recurring"] or {}).get(name) != value for name, value in recurring.items()):
            return False
        return super().matches(thing, wanted)


def _product(account: State, params: Json) -> str:
    if "product" in params and "product_data" in params:
        raise only_one_of("product", "product_data")
    if "product_data" in params:
        data = params["product_data"]
        products = Products(account)
        made = products.new(data, **products.build(data))
        return str(made["id"])
    if "product" not in params:
        raise required("product")
    return str(account.objects.get("product", params["product"], "product")["id"])


def _recurring(given: Json | None) -> Json | None:
    if given is None:
        return None
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": given.get("meter"),
        "trial_period_days": given.get("trial_period_days"),
        "usage_type": given.get("usage_type", "licensed"),
    }
