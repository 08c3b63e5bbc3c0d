"""Prices of plans and checkout sessions, as the gateway asks Stripe for them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import clock
from integrations.errors import TransportError
from integrations.stripe import CheckoutSession, CouponTerms, StripeGateway
from integrations.stripe.reports import CHECKOUT
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from sandbox.stripe.catalogue import PRODUCT
from sandbox.stripe.resources.prices import Prices

MONTHLY = "price_sandbox_monthly"


@pytest.fixture
def account() -> StripeAccount:
    """A new Stripe account."""
    return StripeAccount()


@pytest.fixture
async def stripe(account: StripeAccount) -> AsyncIterator[StripeGateway]:
    """The client, connected to the account, without retries."""
    app = web.Application()
    app.add_subapp("/sandbox/stripe/", stripe_app(account))
    async with TestServer(app) as server:
        gateway = StripeGateway(account.api_key, str(server.make_url("/sandbox/stripe")), retries=0)
        yield gateway
        await gateway.close()


def sell(account: StripeAccount, amount: int, months: int = 4) -> str:
    """Put a price without a lookup key on sale."""
    prices = Prices(account)
    price = {
        "product": PRODUCT,
        "currency": "usd",
        "unit_amount": amount,
        "recurring": {"interval": "month", "interval_count": months},
    }
    return str(prices.new(price, **prices.build(price))["id"])


async def start(stripe: StripeGateway, **more: Any) -> CheckoutSession:
    """Start the checkout c1 for the monthly plan."""
    return await stripe.checkout_sessions.start(
        "c1",
        price=MONTHLY,
        success_url="https://shop.example.com/thanks",
        cancel_url="https://shop.example.com/",
        expires_at=clock.now() + timedelta(hours=1),
        **more,
    )


async def test_a_plan_costs_what_its_price_says(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """By lookup key, by how often it recurs, or by the id that the program names."""
    named = sell(account, 9900)
    monthly = await stripe.prices.of_plan("monthly", products=[PRODUCT])
    assert monthly is not None
    assert (monthly.id, monthly.unit_amount, monthly.currency) == (MONTHLY, 2900, "usd")
    assert (monthly.interval, monthly.interval_count, monthly.product) == ("month", 1, PRODUCT)
    four = await stripe.prices.of_plan("4-month")
    pro = await stripe.prices.of_plan("pro", price_id=named)
    assert four == pro
    assert four is not None
    assert four.unit_amount == 9900
    assert await stripe.prices.of_plan("platinum") is None
    assert await stripe.prices.of_plan("monthly", products=["prod_other"]) is None
    assert await stripe.prices.of_plan("pro", price_id="price_gone") is None


async def test_two_prices_for_one_plan_are_for_a_person_to_tell_apart(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """Nobody is charged a price that was guessed."""
    ids = {sell(account, 9900), sell(account, 8900)}
    with pytest.raises(TransportError, match="Name one of them") as refusal:
        await stripe.prices.of_plan("4-month")
    assert refusal.value.permanent
    assert all(one in str(refusal.value) for one in ids)


async def test_prices_are_asked_for_once_in_a_while(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """Everybody who looks at the pricing page costs no call."""
    for plan in ("monthly", "yearly", "monthly"):
        await stripe.prices.of_plan(plan)
    assert len(account.requests) == 1


async def test_a_checkout_is_one_page_however_often_it_is_started(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """An answer that is lost and asked for again leads to the same session, with our id on it."""
    await stripe.coupons.ensure("both", CouponTerms(percent_off=Decimal(40)))
    end = clock.now().replace(microsecond=0)
    with clock.travel(end):
        account.fail_next("/v1/checkout", status=0, after_work=True)
        with pytest.raises(TransportError):
            await start(stripe, coupon="both", email="zoe@example.com")
        made = await start(stripe, coupon="both", email="zoe@example.com")
    assert (made.status, made.expires_at) == ("open", end + timedelta(hours=1))
    (kept,) = account.objects.newest_first("checkout.session")
    assert (kept["id"], kept["amount_total"]) == (made.id, 1740)
    assert kept["metadata"] == {CHECKOUT: "c1"}
    paid = await account.pay(made.id, email="someone@else.example")
    invoice = account.objects.get("invoice", paid["invoice"])
    report = await stripe.invoices.fetch(invoice["id"])
    assert (report.checkout, report.customer.email) == ("c1", "zoe@example.com")
    (discount,) = report.discounts
    assert (discount.coupon, discount.code, discount.amount) == ("both", "", 1160)
    fetched = await stripe.checkout_sessions.fetch(made.id)
    assert fetched is not None
    assert (fetched.status, fetched.url) == ("complete", "")


async def test_a_page_can_be_closed_and_a_paid_one_stays_paid(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """Closing twice is no error; closing what was paid says that it was paid."""
    made = await start(stripe)
    assert (await stripe.checkout_sessions.expire(made.id)).status == "expired"
    assert (await stripe.checkout_sessions.expire(made.id)).status == "expired"
    paid = await stripe.checkout_sessions.start(
        "c2",
        price=MONTHLY,
        success_url="https://shop.example.com/thanks",
        cancel_url="https://shop.example.com/",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    await account.pay(paid.id, email="zoe@example.com")
    assert (await stripe.checkout_sessions.expire(paid.id)).status == "complete"
    assert await stripe.checkout_sessions.fetch("cs_test_none") is None
