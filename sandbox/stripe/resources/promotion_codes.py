import re
from typing import Any, ClassVar

from stripe import params as shapes

import clock
from sandbox.stripe.objects import Json, new_code
from sandbox.stripe.refusals import RefusalError, required
from sandbox.stripe.resources.base import Resource
from sandbox.stripe.resources.coupons import Coupons

_CODE = re.compile(r"[A-Za-z0-9-]{1,500}")


class PromotionCodes(Resource):
    """Promotion codes: the words that customers type to redeem a coupon."""

    kind = "promotion_code"
    path = "promotion_codes"
    prefix = "promo"
    creates = shapes.PromotionCodeCreateParams
    retrieves = shapes.PromotionCodeRetrieveParams
    updates = shapes.PromotionCodeUpdateParams
    lists = shapes.PromotionCodeListParams
    links: ClassVar[frozenset[str]] = frozenset({"coupon"})

    def build(self, params: Json) -> Json:
        """Apply the rules on the code, its coupon and its limits."""
        coupon_id = params["promotion"].get("coupon")
        if coupon_id is None:
            raise required("promotion[coupon]")
        coupon = self.account.objects.get("coupon", coupon_id, "promotion[coupon]")
        customer = params.get("customer")
        if customer is not None:
            self.account.objects.get("customer", customer, "customer")
        code = params.get("code") or new_code()
        if not _CODE.fullmatch(code):
            raise RefusalError(
                "Promotion codes may only contain letters, digits and dashes.", param="code"
            )
        if params.get("active", True):
            self._check_free(code, customer)
        _check_limits(params, coupon)
        return {
            "active": params.get("active", True),
            "code": code,
            "customer": customer,
            "customer_account": params.get("customer_account"),
            "expires_at": params.get("expires_at"),
            "max_redemptions": params.get("max_redemptions"),
            "promotion": {"coupon": coupon_id, "type": "coupon"},
            "restrictions": _restrictions(params.get("restrictions", {})),
            "times_redeemed": 0,
        }

    def change(self, thing: Json, params: Json) -> None:
        """Switch a code on or off; what it means cannot change."""
        if params.get("active"):
            if not self.shown(thing | {"active": True})["active"]:
                raise RefusalError(
                    "This promotion code cannot be activated: it or its coupon has expired or has "
                    "been redeemed as often as it may.",
                    param="active",
                )
            if not thing["active"]:
                self._check_free(thing["code"], thing["customer"])
        options = params.pop("restrictions", {}).get("currency_options")
        if options is not None:
            thing["restrictions"]["currency_options"] = options
        super().change(thing, params)

    def switch(self, key: str, *, active: bool) -> Json:
        """Switch a code on or off as the API does."""
        return self._update(key, {"active": active})

    def matches(self, thing: Json, params: Json) -> bool:
        """Find by code regardless of case, by coupon, by customer, and by whether it is active."""
        wanted = dict(params)
        code, coupon = wanted.pop("code", None), wanted.pop("coupon", None)
        if code is not None and code.casefold() != thing["code"].casefold():
            return False
        if coupon is not None and coupon != thing["promotion"]["coupon"]:
            return False
        return super().matches(thing, wanted)

    def shown(self, thing: Json) -> Json:
        """A code is active while it is switched on, unexpired, unspent, and its coupon is valid."""
        until, most, coupon_id = (
            thing["expires_at"],
            thing["max_redemptions"],
            thing["promotion"]["coupon"],
        )
        usable = (
            thing["active"]
            and (until is None or until > clock.timestamp())
            and (most is None or thing["times_redeemed"] < most)
            and self.account.objects.has("coupon", coupon_id)
            and Coupons(self.account).shown(self.account.objects.get("coupon", coupon_id))["valid"]
        )
        return thing | {"active": usable}

    def _check_free(self, code: str, customer: str | None) -> None:
        for other in self.account.objects.newest_first(self.kind):
            same = other["code"].casefold() == code.casefold() and other["customer"] == customer
            if same and self.shown(other)["active"]:
                raise RefusalError(
                    f"An active promotion code with `code: {code}` already exists.", param="code"
                )


def _check_limits(params: Json, coupon: Json) -> None:
    until, most = params.get("expires_at"), params.get("max_redemptions")
    if until is not None and until <= clock.timestamp():
        raise RefusalError("`expires_at` must be in the future.", param="expires_at")
    if until is not None and coupon["redeem_by"] is not None and until > coupon["redeem_by"]:
        raise RefusalError(
            "`expires_at` cannot be after the coupon's `redeem_by`.", param="expires_at"
        )
    if most is not None and most < 1:
        raise RefusalError(
            "Invalid positive integer", code="parameter_invalid_integer", param="max_redemptions"
        )
    whole = coupon["max_redemptions"]
    if most is not None and whole is not None and most > whole:
        raise RefusalError(
            "`max_redemptions` cannot be greater than the coupon's `max_redemptions`.",
            param="max_redemptions",
        )


def _restrictions(given: Json) -> dict[str, Any]:
    if "minimum_amount" in given and "minimum_amount_currency" not in given:
        raise required("restrictions[minimum_amount_currency]")
    return {
        "first_time_transaction": given.get("first_time_transaction", False),
        "minimum_amount": given.get("minimum_amount"),
        "minimum_amount_currency": given.get("minimum_amount_currency"),
    }
