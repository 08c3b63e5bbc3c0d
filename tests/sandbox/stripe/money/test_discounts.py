from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stripe import StripeClient

import clock
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.refusals import RefusalError

NOW = datetime(2026, 11, 21, tzinfo=UTC)


async def make_code(
    client: StripeClient, coupon: dict[str, Any], restrictions: dict[str, Any] | None = None
) -> None:
    """Make the code OFFER for a coupon of these terms."""
    made = await client.v1.coupons.create_async(coupon)  # type: ignore[arg-type] # built by name
    await client.v1.promotion_codes.create_async(
        {
            "code": "OFFER",
            "promotion": {"type": "coupon", "coupon": made.id},
            "restrictions": restrictions or {},  # type: ignore[typeddict-item] # built by name
        }
    )


async def totals(account: StripeAccount, renewals: int) -> list[int]:
    """Buy the monthly plan with the code, renew it month by month, and list what was paid."""
    bought = await account.buy(email="zoe@example.com", promotion_code="OFFER")
    paid = [bought["amount_paid"]]
    for month in range(1, renewals + 1):
        with clock.travel(NOW + timedelta(days=30 * month)):
            renewed = await account.renew(bought["parent"]["subscription_details"]["subscription"])
        paid.append(renewed["amount_paid"])
    return paid


@pytest.mark.parametrize(
    ("coupon", "paid"),
    [
        ({"percent_off": 30}, [2030, 2900, 2900]),
        ({"percent_off": 33.3}, [1934, 2900, 2900]),
        ({"percent_off": 100}, [0, 2900, 2900]),
        ({"amount_off": 500, "currency": "usd"}, [2400, 2900, 2900]),
        ({"amount_off": 5000, "currency": "usd"}, [0, 2900, 2900]),
        ({"percent_off": 50, "duration": "forever"}, [1450, 1450, 1450]),
        ({"percent_off": 50, "duration": "repeating", "duration_in_months": 2}, [1450, 1450, 2900]),
    ],
)
async def test_a_discount_takes_its_share_for_its_time(
    client: StripeClient, account: StripeAccount, coupon: dict[str, Any], paid: list[int]
) -> None:
    """Per cent or cents, once, for some months or for ever, and never below zero."""
    with clock.travel(NOW):
        await make_code(client, coupon)
        assert await totals(account, renewals=2) == paid


async def test_a_code_asks_for_a_minimum(client: StripeClient, account: StripeAccount) -> None:
    """Below the minimum amount a code is refused."""
    minimum = {"minimum_amount": 5000, "minimum_amount_currency": "usd"}
    await make_code(client, {"percent_off": 30}, minimum)

    with pytest.raises(RefusalError, match="minimum amount"):
        await account.buy(email="zoe@example.com", plan="monthly", promotion_code="OFFER")
    assert (await account.buy(email="zoe@example.com", plan="yearly", promotion_code="OFFER"))[
        "total"
    ] == 19530


async def test_a_code_is_good_for_its_products(
    client: StripeClient, account: StripeAccount
) -> None:
    """A coupon for another product takes nothing off this one."""
    other = await client.v1.products.create_async({"name": "Other"})
    await make_code(client, {"percent_off": 30, "applies_to": {"products": [other.id]}})

    with pytest.raises(RefusalError, match="none of the products"):
        await account.buy(email="zoe@example.com", promotion_code="OFFER")
