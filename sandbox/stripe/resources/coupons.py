from typing import ClassVar

from stripe import params as shapes

import clock
from sandbox.stripe.objects import Json
from sandbox.stripe.refusals import RefusalError, only_one_of, required
from sandbox.stripe.resources.base import Resource

_FIVE_YEARS = 5 * 365 * 24 * 3600
_NAME_LENGTH = 40


class Coupons(Resource):
    """Coupons: what is taken off, for how long, and from which products."""

    kind = "coupon"
    path = "coupons"
    prefix = ""  # Stripe makes up coupon ids of eight characters without a prefix
    creates = shapes.CouponCreateParams
    retrieves = shapes.CouponRetrieveParams
    updates = shapes.CouponUpdateParams
    lists = shapes.CouponListParams
    deletes = shapes.CouponDeleteParams
    hidden: ClassVar[frozenset[str]] = frozenset({"applies_to", "currency_options"})

    def build(self, params: Json) -> Json:
        """Apply the rules that the parameters' types cannot tell."""
        if self.account.objects.has("coupon", params.get("id", "")):
            raise RefusalError("Coupon already exists.", code="resource_already_exists", param="id")
        _check_worth(params)
        _check_duration(params)
        _check_name(params)
        if params.get("max_redemptions", 1) < 1:
            raise RefusalError(
                "Invalid max_redemptions: must be positive.", param="max_redemptions"
            )
        until = params.get("redeem_by")
        if until is not None and not 0 < until - clock.timestamp() <= _FIVE_YEARS:
            raise RefusalError(
                "Invalid redeem_by: must be in the future and within five years.",
                param="redeem_by",
            )
        products = params.get("applies_to", {}).get("products", [])
        for place, product in enumerate(products):
            self.account.objects.get("product", product, f"applies_to[products][{place}]")
        return {
            "amount_off": params.get("amount_off"),
            "applies_to": {"products": products} if products else None,
            "currency": params.get("currency"),
            "currency_options": params.get("currency_options"),
            "duration": params.get("duration", "once"),
            "duration_in_months": params.get("duration_in_months"),
            "max_redemptions": params.get("max_redemptions"),
            "name": params.get("name"),
            "percent_off": params.get("percent_off"),
            "redeem_by": until,
            "times_redeemed": 0,
            "valid": True,
        }

    def change(self, thing: Json, params: Json) -> None:
        """Only the name, metadata and currency options of a coupon can change."""
        _check_name(params)
        super().change(thing, params)

    def shown(self, thing: Json) -> Json:
        """A coupon is valid until its date or its number of redemptions is reached."""
        until, most = thing["redeem_by"], thing["max_redemptions"]
        expired = until is not None and until <= clock.timestamp()
        used_up = most is not None and thing["times_redeemed"] >= most
        return thing | {"valid": not expired and not used_up}


def _check_worth(params: Json) -> None:
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if percent is not None and amount is not None:
        raise only_one_of("amount_off", "percent_off")
    if percent is None and amount is None:
        raise required("percent_off")
    if percent is not None and not 0 < percent <= 100:  # noqa: PLR2004 - a percentage
        raise RefusalError(
            "Invalid percent_off: must be greater than 0 and at most 100.", param="percent_off"
        )
    if amount is not None and amount < 1:
        raise RefusalError(
            "Invalid positive integer", code="parameter_invalid_integer", param="amount_off"
        )
    if amount is not None and "currency" not in params:
        raise required("currency")


def _check_duration(params: Json) -> None:
    months = params.get("duration_in_months")
    if params.get("duration", "once") == "repeating":
        if months is None:
            raise required("duration_in_months")
        if months < 1:
            raise RefusalError(
                "Invalid positive integer",
                code="parameter_invalid_integer",
                param="duration_in_months",
            )
    elif months is not None:
        raise RefusalError(
            "`duration_in_months` can only be passed with a `repeating` duration.",
            param="duration_in_months",
        )


def _check_name(params: Json) -> None:
    if len(params.get("name", "")) > _NAME_LENGTH:
        raise RefusalError(
            f"Invalid string: a coupon's name has at most {_NAME_LENGTH} characters.", param="name"
        )
