from typing import Any

import pytest
from stripe import params as shapes

from sandbox.stripe.checks import check
from sandbox.stripe.forms import nest
from sandbox.stripe.refusals import RefusalError


def refusal_of(params: dict[str, Any], shape: type) -> dict[str, Any]:
    """The error that a request gets."""
    with pytest.raises(RefusalError) as refusal:
        check(params, shape)
    return refusal.value.error


def test_every_leaf_gets_its_type() -> None:
    """Strings become the integers, decimals, booleans, lists and hashes that they stand for."""
    given = nest(
        [
            ("percent_off", "33.3"),
            ("max_redemptions", "5"),
            ("applies_to[products][0]", "a"),
            ("applies_to[products][1]", "b"),
            ("metadata[0]", "zero"),
        ]
    )

    assert check(given, shapes.CouponCreateParams) == {
        "percent_off": 33.3,
        "max_redemptions": 5,
        "applies_to": {"products": ["a", "b"]},
        "metadata": {"0": "zero"},
    }


def test_lists_keep_their_order() -> None:
    """Ten and more places are put in order as numbers, not as words."""
    given = {"types": {str(n): f"type.{n}" for n in reversed(range(12))}}

    assert check(given, shapes.EventListParams)["types"] == [f"type.{n}" for n in range(12)]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"applies_to": {"plans": "x"}}, "parameter_unknown", "applies_to[plans]"),
        ({"max_redemptions": "five"}, "parameter_invalid_integer", "max_redemptions"),
        ({"name": ""}, "parameter_invalid_empty", "name"),
        ({"name": {"first": "A"}}, None, "name"),
        ({"applies_to": "x"}, None, "applies_to"),
        ({"applies_to": {"products": "x"}}, None, "applies_to[products]"),
        ({"applies_to": {"products": {"x": "y"}}}, None, "applies_to[products]"),
        ({"metadata": {"a": {"b": "c"}}}, None, "metadata[a]"),
        ({"metadata": {"x" * 41: "y"}}, None, "metadata"),
        ({"metadata": {str(n): "y" for n in range(51)}}, None, "metadata"),
    ],
)
def test_mistakes_are_named(params: dict[str, Any], code: str | None, param: str) -> None:
    """A mistake at any depth is refused with Stripe's code and the parameter's full name."""
    error = refusal_of(params, shapes.CouponCreateParams)

    assert (error.get("code"), error["param"]) == (code, param)


def test_a_missing_parameter_is_named() -> None:
    """What a call requires is asked for by name, at any depth."""
    assert refusal_of({}, shapes.ProductCreateParams)["param"] == "name"
    nested = {"promotion": {"coupon": "c"}}
    assert refusal_of(nested, shapes.PromotionCodeCreateParams)["param"] == "promotion[type]"


def test_an_enumeration_lists_its_words() -> None:
    """A word outside an enumeration is refused with the words that would do."""
    error = refusal_of({"duration": "twice"}, shapes.CouponCreateParams)

    assert error["message"] == "Invalid duration: must be one of forever, once, or repeating"


def test_booleans_are_true_or_false() -> None:
    """Stripe's form encoding writes booleans as words, and only those count."""
    assert check({"active": "true"}, shapes.ProductListParams) == {"active": True}
    assert refusal_of({"active": "1"}, shapes.ProductListParams)["message"] == "Invalid boolean: 1"


def test_an_empty_value_unsets_where_that_is_allowed() -> None:
    """Metadata can be emptied by an empty string; most other parameters cannot."""
    assert check({"metadata": ""}, shapes.CouponUpdateParams) == {"metadata": ""}
