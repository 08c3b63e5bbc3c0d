from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from stripe import StripeClient

import clock
from sandbox.stripe.account import StripeAccount


@pytest.fixture
async def coupon(client: StripeClient) -> str:
    """A coupon to hang codes on."""
    return (await client.v1.coupons.create_async({"id": "c1", "percent_off": 30})).id


def asking(coupon: str, **more: Any) -> Any:
    """The parameters of a new promotion code."""
    return {"promotion": {"type": "coupon", "coupon": coupon}} | more


async def test_a_code_is_made_for_a_coupon(client: StripeClient, coupon: str) -> None:
    """A new code is active, names its coupon and carries its restrictions and metadata."""
    made = await client.v1.promotion_codes.create_async(
        asking(
            coupon,
            code="JARED30",
            restrictions={"first_time_transaction": True},
            metadata={"affiliate_id": "a1"},
        )
    )
    found = (await client.v1.promotion_codes.retrieve_async(made.id)).to_dict()

    assert made.id.startswith("promo_")
    assert (found["code"], found["active"]) == ("JARED30", True)
    assert found["promotion"] == {"type": "coupon", "coupon": coupon}
    assert found["restrictions"]["first_time_transaction"] is True
    assert found["metadata"] == {"affiliate_id": "a1"}
    assert (found["customer"], found["expires_at"], found["times_redeemed"]) == (None, None, 0)


async def test_stripe_makes_up_a_code_where_none_is_given(
    client: StripeClient, coupon: str
) -> None:
    """Without a code the account invents one."""
    assert (await client.v1.promotion_codes.create_async(asking(coupon))).code.isalnum()


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"code": "X", "coupon": "c1"}, "coupon"),
        ({"code": "X"}, "promotion"),
        ({"code": "X", "promotion": {"type": "coupon"}}, "promotion[coupon]"),
        ({"code": "X", "promotion": {"coupon": "c1"}}, "promotion[type]"),
        ({"code": "X", "promotion": {"type": "sale", "coupon": "c1"}}, "promotion[type]"),
        (asking("none", code="X"), "promotion[coupon]"),
        (asking("c1", code="TWO WORDS"), "code"),
        (asking("c1", code="ÉTÉ"), "code"),
        (asking("c1", code="X", customer="cus_none"), "customer"),
        (asking("c1", code="X", expires_at=5), "expires_at"),
        (asking("c1", code="X", max_redemptions=0), "max_redemptions"),
        (
            asking("c1", code="X", restrictions={"minimum_amount": 100}),
            "restrictions[minimum_amount_currency]",
        ),
    ],
)
async def test_what_stripe_refuses_is_refused(
    client: StripeClient, coupon: str, params: Any, param: str
) -> None:
    """A code that Stripe would not make is refused with the parameter at fault."""
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.promotion_codes.create_async(params)

    assert refusal.value.param == param


async def test_an_active_code_is_unique_in_any_case(client: StripeClient, coupon: str) -> None:
    """While a code is active no other can have its letters, large or small."""
    first = await client.v1.promotion_codes.create_async(asking(coupon, code="JARED30"))

    with pytest.raises(stripe.InvalidRequestError, match="`code: jared30` already exists"):
        await client.v1.promotion_codes.create_async(asking(coupon, code="jared30"))

    await client.v1.promotion_codes.update_async(first.id, {"active": False})
    second = await client.v1.promotion_codes.create_async(asking(coupon, code="jared30"))
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        await client.v1.promotion_codes.update_async(first.id, {"active": True})
    assert (await client.v1.promotion_codes.retrieve_async(second.id)).active is True


async def test_only_the_switch_and_the_notes_can_change(client: StripeClient, coupon: str) -> None:
    """Limits and the code itself are fixed; a change means a new promotion code."""
    made = await client.v1.promotion_codes.create_async(asking(coupon, code="JARED30"))

    for change in ({"code": "OTHER"}, {"max_redemptions": 5}, {"expires_at": 2_000_000_000}):
        with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter"):
            await client.v1.promotion_codes.update_async(made.id, change)  # type: ignore[arg-type] # the mistake under test

    changed = await client.v1.promotion_codes.update_async(
        made.id, {"active": False, "metadata": {"why": "paused"}}
    )
    assert (changed.active, changed.to_dict()["metadata"]) == (False, {"why": "paused"})


async def test_codes_are_found_by_code_coupon_and_state(client: StripeClient, coupon: str) -> None:
    """The list filters by code in any case, by coupon and by whether a code is active."""
    other = (await client.v1.coupons.create_async({"id": "c2", "percent_off": 10})).id
    jared = await client.v1.promotion_codes.create_async(asking(coupon, code="JARED30"))
    mia = await client.v1.promotion_codes.create_async(asking(other, code="MIA10"))
    await client.v1.promotion_codes.update_async(mia.id, {"active": False})

    async def found(**filters: Any) -> list[str]:
        return [it.code for it in await client.v1.promotion_codes.list_async(filters)]  # type: ignore[arg-type] # built by name

    assert await found(code="jared30") == ["JARED30"]
    assert await found(coupon=other) == ["MIA10"]
    assert await found(active=True) == [jared.code]
    assert await found(code="JARED30", active=False) == []


async def test_a_code_is_found_beside_a_coupon_of_that_name(client: StripeClient) -> None:
    """A coupon whose id reads like a code does not hide the code."""
    await client.v1.coupons.create_async({"id": "c1", "percent_off": 30})
    await client.v1.promotion_codes.create_async(asking("c1", code="JARED30"))
    await client.v1.coupons.create_async({"id": "JARED30", "percent_off": 10})

    found = await client.v1.promotion_codes.list_async({"code": "JARED30"})

    assert [it.code for it in found.data] == ["JARED30"]


async def test_a_code_ends_with_its_time(client: StripeClient, coupon: str) -> None:
    """After `expires_at` a code is no longer active and cannot be switched on again."""
    start = datetime(2026, 11, 21, tzinfo=UTC)
    with clock.travel(start):
        made = await client.v1.promotion_codes.create_async(
            asking(coupon, code="X", expires_at=int((start + timedelta(days=1)).timestamp()))
        )

    with clock.travel(start + timedelta(days=2)):
        assert (await client.v1.promotion_codes.retrieve_async(made.id)).active is False
        with pytest.raises(stripe.InvalidRequestError, match="cannot be activated"):
            await client.v1.promotion_codes.update_async(made.id, {"active": True})


async def test_a_code_without_its_coupon_is_dead(
    client: StripeClient, account: StripeAccount, coupon: str
) -> None:
    """Deleting the coupon deactivates its codes."""
    made = await client.v1.promotion_codes.create_async(asking(coupon, code="X"))
    await client.v1.coupons.delete_async(coupon)

    assert (await client.v1.promotion_codes.retrieve_async(made.id)).active is False
