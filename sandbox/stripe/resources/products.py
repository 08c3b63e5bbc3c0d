from stripe import params as shapes

import clock
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.base import Resource


class Products(Resource):
    """Products: what is for sale. A price says how much it costs and how often."""

    kind = "product"
    path = "products"
    prefix = "prod"
    creates = shapes.ProductCreateParams
    retrieves = shapes.ProductRetrieveParams
    updates = shapes.ProductUpdateParams
    lists = shapes.ProductListParams
    deletes = shapes.ProductDeleteParams

    def build(self, params: Json) -> Json:
        """Take a product as given; an id may not be in use."""
        if self.account.objects.has("product", params.get("id", "")):
            raise RefusalError(
                "Product already exists.", code="resource_already_exists", param="id"
            )
        return {
            "active": params.get("active", True),
            "default_price": None,
            "description": params.get("description"),
            "images": params.get("images", []),
            "marketing_features": params.get("marketing_features", []),
            "name": params["name"],
            "package_dimensions": params.get("package_dimensions"),
            "shippable": params.get("shippable"),
            "statement_descriptor": params.get("statement_descriptor"),
            "tax_code": params.get("tax_code"),
            "type": params.get("type", "service"),
            "unit_label": params.get("unit_label"),
            "updated": int(clock.timestamp()),
            "url": params.get("url"),
        }

    def change(self, thing: Json, params: Json) -> None:
        """Apply an update and remember when."""
        if params.get("default_price"):
            self.account.objects.get("price", params["default_price"], "default_price")
        super().change(thing, params)
        thing["updated"] = int(clock.timestamp())

    def matches(self, thing: Json, params: Json) -> bool:
        """Filter by ids, too."""
        wanted = dict(params)
        ids = wanted.pop("ids", None)
        return (ids is None or thing["id"] in ids) and super().matches(thing, wanted)

    def check_removal(self, thing: Json) -> None:
        """A product that has prices stays."""
        if any(
            price["product"] == thing["id"] for price in self.account.objects.newest_first("price")
        ):
            raise RefusalError(
                "This product cannot be deleted because it has one or more user-created prices."
            )
