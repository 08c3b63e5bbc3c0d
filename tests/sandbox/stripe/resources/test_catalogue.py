"""What is for sale, who buys, and what happened: products, prices, customers, events."""

from typing import Any

import pytest
import stripe
from stripe import StripeClient

from sandbox.stripe.catalogue import PRODUCT


async def test_a_new_account_sells_four_plans(client: StripeClient) -> None:
    """There is a product with a monthly, 3-month, 6-month and yearly price from the start."""
    prices = await client.v1.prices.list_async({"product": PRODUCT, "active": True})

    plans = {
        price.lookup_key: (price.unit_amount, price.recurring and price.recurring.interval_count)
        for price in prices.data
    }
    assert plans["monthly"] == (2900, 1)
    assert plans["3-month"] == (7900, 3)
    assert plans["6-month"] == (14900, 6)
    assert plans["yearly"] == (27900, 1)


async def test_a_price_is_found_by_its_lookup_key(client: StripeClient) -> None:
    """Prices can be named by lookup keys, which are unique."""
    found = await client.v1.prices.list_async({"lookup_keys": ["yearly"]})

    assert [price.unit_amount for price in found.data] == [27900]
    with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
        await client.v1.prices.create_async(
            {"currency": "usd", "unit_amount": 1, "product": PRODUCT, "lookup_key": "yearly"}
        )


async def test_a_price_can_bring_its_product(client: StripeClient) -> None:
    """`product_data` makes the product on the way; both ways at once are refused."""
    made = await client.v1.prices.create_async(
        {"currency": "USD", "unit_amount": 500, "product_data": {"name": "Extra"}}
    )

    assert (made.currency, made.type) == ("usd", "one_time")
    product = await client.v1.products.retrieve_async(str(made.product))
    assert product.name == "Extra"
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        await client.v1.prices.create_async(
            {
                "currency": "usd",
                "unit_amount": 1,
                "product": PRODUCT,
                "product_data": {"name": "Extra"},
            }
        )


async def test_a_product_with_prices_stays(client: StripeClient) -> None:
    """Only a product without prices can be deleted."""
    lone = await client.v1.products.create_async({"name": "Lone"})

    assert (await client.v1.products.delete_async(lone.id)).deleted is True
    with pytest.raises(stripe.InvalidRequestError, match="cannot be deleted"):
        await client.v1.products.delete_async(PRODUCT)


async def test_customers_are_found_by_email(client: StripeClient) -> None:
    """The list of customers filters by exact e-mail address."""
    zoe = await client.v1.customers.create_async({"email": "zoe@example.com", "name": "Zoë 🙂"})
    await client.v1.customers.create_async({"email": "ada@example.com"})

    found = await client.v1.customers.list_async({"email": "zoe@example.com"})

    assert [(it.id, it.name) for it in found.data] == [(zoe.id, "Zoë 🙂")]
    with pytest.raises(stripe.InvalidRequestError, match="Invalid email address"):
        await client.v1.customers.create_async({"email": "nobody"})


async def test_what_happens_is_told(client: StripeClient) -> None:
    """Each change is an event with the object as it was, and what it was before the update."""
    made = await client.v1.customers.create_async({"name": "Al", "metadata": {"a": "1"}})
    await client.v1.customers.update_async(made.id, {"metadata": {"affiliateCodeUsed": "JARED30"}})
    await client.v1.customers.update_async(made.id, {"name": "Al"})
    await client.v1.customers.delete_async(made.id)

    async def told(**filters: Any) -> list[Any]:
        page = await client.v1.events.list_async(filters)  # type: ignore[arg-type] # built by name
        return [event.to_dict() for event in page.data]

    deleted, updated, created = await told(type="customer.*")
    assert [it["type"] for it in (created, updated, deleted)] == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]
    assert updated["data"]["previous_attributes"] == {"metadata": {"a": "1"}}
    assert updated["data"]["object"]["metadata"] == {"a": "1", "affiliateCodeUsed": "JARED30"}
    assert created["data"]["object"]["metadata"] == {"a": "1"}
    assert [it["type"] for it in await told(types=["customer.deleted"])] == ["customer.deleted"]


@pytest.mark.parametrize("url", ["nowhere", "ftp://example.com", "https://"])
async def test_an_endpoint_needs_an_address(client: StripeClient, url: str) -> None:
    """A webhook endpoint without an absolute http address is refused."""
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.webhook_endpoints.create_async({"url": url, "enabled_events": ["*"]})

    assert refusal.value.code == "url_invalid"
