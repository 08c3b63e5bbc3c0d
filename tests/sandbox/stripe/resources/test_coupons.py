from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from stripe import StripeClient

import clock
from sandbox.stripe.catalogue import PRODUCT


async def test_a_coupon_has_every_standard_field(client: StripeClient) -> None:
    """A created coupon reads back as Stripe shows it, with the fields left unset as null."""
    await client.v1.coupons.create_async(
        {"id": "affiliate-30", "percent_off": 30, "metadata": {"made": "here"}}
    )
    found = (await client.v1.coupons.retrieve_async("affiliate-30")).to_dict()

    assert found["percent_off"] == 30
    assert found["duration"] == "once"
    assert found["valid"] is True
    assert found["times_redeemed"] == 0
    assert found["metadata"] == {"made": "here"}
    assert found["amount_off"] is None
    assert "applies_to" not in found


async def test_products_are_shown_on_request(client: StripeClient) -> None:
    """`applies_to` is in the answer only when it is asked for."""
    made = await client.v1.coupons.create_async(
        {"percent_off": 30, "applies_to": {"products": [PRODUCT]}, "expand": ["applies_to"]}
    )

    assert made.to_dict()["applies_to"] == {"products": [PRODUCT]}


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"percent_off": 100.5}, "percent_off"),
        ({"percent_off": "a third"}, "percent_off"),
        ({"percent_off": 30, "amount_off": 500, "currency": "usd"}, "amount_off"),
        ({"amount_off": 500}, "currency"),
        ({"amount_off": "5.00", "currency": "usd"}, "amount_off"),
        ({"percent_off": 30, "duration": "twice"}, "duration"),
        ({"percent_off": 30, "duration": "repeating"}, "duration_in_months"),
        ({"percent_off": 30, "duration_in_months": 2}, "duration_in_months"),
        ({"percent_off": 30, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 30, "redeem_by": 1}, "redeem_by"),
        ({"percent_off": 30, "name": "x" * 41}, "name"),
        ({"percent_off": 30, "name": ""}, "name"),
        ({"percent_off": 30, "applies_to": {"products": ["prod_x"]}}, "applies_to[products][0]"),
        ({"percent_off": 30, "applies_to": {"prices": ["p"]}}, "applies_to[prices]"),
        ({"percent_off": 30, "metadata": {"k": "x" * 501}}, "metadata[k]"),
        ({"percent": 30}, "percent"),
    ],
)
async def test_what_stripe_refuses_is_refused(
    client: StripeClient, params: Any, param: str
) -> None:
    """A coupon that Stripe would not make is refused with the parameter at fault."""
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.coupons.create_async(params)

    assert refusal.value.param == param
    assert refusal.value.http_status == 400


async def test_an_id_is_used_once(client: StripeClient) -> None:
    """A second coupon with the same id is refused by code, so that a caller can tell."""
    await client.v1.coupons.create_async({"id": "c1", "percent_off": 30})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.coupons.create_async({"id": "c1", "percent_off": 30})

    assert refusal.value.code == "resource_already_exists"


async def test_a_coupon_that_is_not_there(client: StripeClient) -> None:
    """Asking for an unknown coupon is 404 `resource_missing`."""
    with pytest.raises(stripe.InvalidRequestError, match="No such coupon: 'c1'") as refusal:
        await client.v1.coupons.retrieve_async("c1")

    assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")


async def test_terms_of_a_coupon_never_change(client: StripeClient) -> None:
    """Name and metadata can be updated; what is taken off cannot."""
    await client.v1.coupons.create_async(
        {"id": "c1", "percent_off": 30, "metadata": {"a": "1", "b": "2"}}
    )

    changed = await client.v1.coupons.update_async(
        "c1", {"name": "Offer", "metadata": {"a": "", "c": "3"}}
    )

    assert changed.name == "Offer"
    assert changed.to_dict()["metadata"] == {"b": "2", "c": "3"}
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: percent_off"):
        await client.v1.coupons.update_async("c1", {"percent_off": 40})  # type: ignore[arg-type] # the mistake under test


async def test_a_deleted_coupon_is_gone(client: StripeClient) -> None:
    """After deletion the id names nothing."""
    await client.v1.coupons.create_async({"id": "c1", "percent_off": 30})

    assert (await client.v1.coupons.delete_async("c1")).deleted is True

    with pytest.raises(stripe.InvalidRequestError, match="No such coupon"):
        await client.v1.coupons.retrieve_async("c1")


async def test_a_coupon_expires_at_its_date(client: StripeClient) -> None:
    """`valid` turns false when `redeem_by` has passed."""
    start = datetime(2026, 11, 21, tzinfo=UTC)
    with clock.travel(start):
        tomorrow = int((start + timedelta(days=1)).timestamp())
        await client.v1.coupons.create_async({"id": "c1", "percent_off": 30, "redeem_by": tomorrow})
        assert (await client.v1.coupons.retrieve_async("c1")).valid is True

    with clock.travel(start + timedelta(days=2)):
        assert (await client.v1.coupons.retrieve_async("c1")).valid is False
