from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import stripe
from stripe import StripeClient

import clock
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.refusals import RefusalError

MONTHLY = "price_sandbox_monthly"


def asking(**more: Any) -> Any:
    """The parameters of a session for the monthly plan."""
    return {
        "mode": "subscription",
        "line_items": [{"price": MONTHLY, "quantity": 1}],
        "success_url": "https://shop.example.com/thanks?session={CHECKOUT_SESSION_ID}",
    } | more


@pytest.fixture
async def code(client: StripeClient) -> str:
    """The id of the code JARED30, 30 % off."""
    coupon = await client.v1.coupons.create_async({"percent_off": 30})
    made = await client.v1.promotion_codes.create_async(
        {"code": "JARED30", "promotion": {"type": "coupon", "coupon": coupon.id}}
    )
    return made.id


async def test_a_session_is_paid_on_its_page(
    client: StripeClient, account: StripeAccount, server: str, code: str
) -> None:
    """The customer opens the address, pays with the code, and is sent back to the shop."""
    account.url = server
    made = await client.v1.checkout.sessions.create_async(
        asking(
            discounts=[{"promotion_code": code}],
            client_reference_id="user-7",
            subscription_data={"metadata": {"affiliateCodeUsed": "JARED30"}},
        )
    )
    assert made.url is not None

    async with aiohttp.ClientSession() as browser:
        async with browser.get(made.url) as page:
            assert "JARED30" in await page.text()
        form = {"email": "zoe@example.com", "name": "Zoë"}
        async with browser.post(made.url, data=form, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"] == (
                f"https://shop.example.com/thanks?session={made.id}"
            )
        async with browser.get(made.url) as page:
            assert "This page is closed" in await page.text()

    paid = (
        await client.v1.checkout.sessions.retrieve_async(
            made.id, {"expand": ["subscription", "line_items"]}
        )
    ).to_dict()
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    assert (paid["amount_subtotal"], paid["amount_total"]) == (2900, 2030)
    assert paid["client_reference_id"] == "user-7"
    assert paid["subscription"]["metadata"] == {"affiliateCodeUsed": "JARED30"}
    last = next(account.objects.newest_first("event"))
    assert last["type"] == "checkout.session.completed"


async def test_a_customer_types_a_code(
    client: StripeClient, account: StripeAccount, server: str, code: str
) -> None:
    """With `allow_promotion_codes` the page takes a code, and refuses an unknown one in words."""
    account.url = server
    made = await client.v1.checkout.sessions.create_async(
        asking(allow_promotion_codes=True, customer_email="zoe@example.com")
    )

    async with (
        aiohttp.ClientSession() as browser,
        browser.post(str(made.url), data={"promotion_code": "NOSUCH"}) as answer,
    ):
        assert answer.status == 422
        assert "This promotion code is invalid: NOSUCH" in await answer.text()
    paid = await account.pay(made.id, email="ignored@example.com", promotion_code="jared30")

    assert paid["discounts"] == [{"coupon": None, "promotion_code": code}]
    assert paid["customer_details"]["email"] == "zoe@example.com"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"mode": "payment"}, "mode"),
        ({"success_url": None}, "success_url"),
        ({"line_items": None}, "line_items"),
        ({"line_items": [{"price": "price_none"}]}, "line_items[0][price]"),
        ({"line_items": [{"price": MONTHLY}] * 2}, "line_items"),
        ({"customer": "cus_none"}, "customer"),
        ({"customer": "cus_x", "customer_email": "a@example.com"}, "customer"),
        ({"discounts": [{"promotion_code": "promo_none"}]}, "discounts[0][promotion_code]"),
        ({"discounts": [{"coupon": "a"}, {"coupon": "b"}]}, "discounts"),
        (
            {"allow_promotion_codes": True, "discounts": [{"promotion_code": "x"}]},
            "allow_promotion_codes",
        ),
        ({"payment_method_types": ["card"]}, "payment_method_types"),
    ],
)
async def test_what_stripe_refuses_is_refused(
    client: StripeClient, change: dict[str, Any], param: str
) -> None:
    """A session that Stripe would not open is refused with the parameter at fault."""
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.v1.checkout.sessions.create_async(asking(**change))

    assert refusal.value.param == param


async def test_a_session_is_open_for_a_day(client: StripeClient, account: StripeAccount) -> None:
    """After a day, or when it was expired by hand, nobody can pay any more."""
    start = datetime(2026, 11, 21, tzinfo=UTC)
    with clock.travel(start):
        old = await client.v1.checkout.sessions.create_async(asking())
        closed = await client.v1.checkout.sessions.create_async(asking())
        assert (await client.v1.checkout.sessions.expire_async(closed.id)).status == "expired"
        with pytest.raises(RefusalError, match="closed"):
            await account.pay(closed.id, email="zoe@example.com")

    with clock.travel(start + timedelta(days=1)):
        found = await client.v1.checkout.sessions.retrieve_async(old.id)
        assert (found.status, found.url) == ("expired", None)
        with pytest.raises(RefusalError, match="closed"):
            await account.pay(old.id, email="zoe@example.com")


async def test_a_coupon_by_itself_is_shown_and_taken_off(
    client: StripeClient, account: StripeAccount, server: str
) -> None:
    """What was made for one checkout is read on its page, paid less, and used up."""
    account.url = server
    coupon = await client.v1.coupons.create_async(
        {"amount_off": 900, "currency": "usd", "name": "Two codes", "max_redemptions": 1}
    )
    made = await client.v1.checkout.sessions.create_async(
        asking(discounts=[{"coupon": coupon.id}], customer_email="zoe@example.com")
    )
    assert (made.amount_total, made.to_dict()["total_details"]["amount_discount"]) == (2000, 900)
    async with aiohttp.ClientSession() as browser, browser.get(str(made.url)) as page:
        text = await page.text()
    assert "Two codes" in text
    assert "-9.00 USD" in text
    assert "20.00 USD" in text

    paid = await account.pay(made.id, email="zoe@example.com")

    invoice = account.objects.get("invoice", paid["invoice"])
    assert invoice["amount_paid"] == 2000
    with pytest.raises(stripe.InvalidRequestError, match="expired"):
        await client.v1.checkout.sessions.create_async(asking(discounts=[{"coupon": coupon.id}]))


@pytest.mark.parametrize(
    ("coupon", "more", "reason"),
    [
        ({"amount_off": 500, "currency": "eur"}, {}, "currency"),
        ({"percent_off": 10}, {"max_redemptions": 1}, "not active"),
        (
            {"percent_off": 10},
            {"restrictions": {"minimum_amount": 2901, "minimum_amount_currency": "usd"}},
            "minimum",
        ),
        (
            {"percent_off": 10},
            {"restrictions": {"minimum_amount": 100, "minimum_amount_currency": "eur"}},
            "minimum",
        ),
        ({"percent_off": 10}, {"restrictions": {"first_time_transaction": True}}, "prior"),
    ],
)
async def test_what_may_not_be_redeemed_starts_no_session(
    client: StripeClient,
    account: StripeAccount,
    coupon: dict[str, Any],
    more: dict[str, Any],
    reason: str,
) -> None:
    """Currency, number, minimum and earlier purchases are looked at before the page is made."""
    made = await client.v1.coupons.create_async(coupon)  # type: ignore[arg-type] # built by name
    code = await client.v1.promotion_codes.create_async(
        {"code": "OFFER", "promotion": {"type": "coupon", "coupon": made.id}} | more  # type: ignore[arg-type] # built by name
    )
    bought = await account.buy(email="zoe@example.com")
    if "max_redemptions" in more:
        await account.buy(email="ada@example.com", promotion_code="OFFER")
    with pytest.raises(stripe.InvalidRequestError, match=reason):
        await client.v1.checkout.sessions.create_async(
            asking(discounts=[{"promotion_code": code.id}], customer=bought["customer"])
        )


async def test_a_code_that_ends_while_the_page_is_open_is_not_redeemed(
    client: StripeClient, account: StripeAccount, code: str
) -> None:
    """The page was made in time; the payment comes too late for the code, and takes nothing."""
    made = await client.v1.checkout.sessions.create_async(
        asking(discounts=[{"promotion_code": code}])
    )
    await client.v1.promotion_codes.update_async(code, {"active": False})
    with pytest.raises(RefusalError, match="not active"):
        await account.pay(made.id, email="zoe@example.com")
    assert list(account.objects.newest_first("invoice")) == []


async def test_a_page_closes_when_it_was_said_to_and_tells(
    client: StripeClient, account: StripeAccount
) -> None:
    """From half an hour to a day; the event comes when the time has come."""
    start = datetime(2026, 11, 21, tzinfo=UTC)
    with clock.travel(start):
        for minutes in (29, 24 * 60 + 1):
            end = int((start + timedelta(minutes=minutes)).timestamp())
            with pytest.raises(stripe.InvalidRequestError) as refusal:
                await client.v1.checkout.sessions.create_async(asking(expires_at=end))
            assert refusal.value.param == "expires_at"
        end = int((start + timedelta(minutes=30)).timestamp())
        made = await client.v1.checkout.sessions.create_async(asking(expires_at=end))
        await account.courier.deliver()
        assert (await client.v1.checkout.sessions.retrieve_async(made.id)).status == "open"
    with clock.travel(start + timedelta(minutes=30)):
        await account.courier.deliver()
        await account.courier.deliver()
    told = [e for e in account.objects.newest_first("event") if "expired" in e["type"]]
    assert [event["data"]["object"]["id"] for event in told] == [made.id]
