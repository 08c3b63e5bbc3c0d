"""The client against the stand-in, and against answers that no Stripe would give."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from integrations.errors import TransportError
from integrations.stripe import CouponTerms, Limits, PromotionCode, StripeGateway
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.app import stripe_app
from sandbox.stripe.catalogue import PRODUCT

FIRST = Limits(first_time=True)


def off(percent: int | Decimal, *products: str) -> CouponTerms:
    """So many percent off the first payment."""
    return CouponTerms(percent_off=Decimal(percent), products=frozenset(products))


@pytest.fixture
def account() -> StripeAccount:
    """A new Stripe account."""
    return StripeAccount()


@pytest.fixture
async def stripe(account: StripeAccount) -> AsyncIterator[StripeGateway]:
    """The client, connected to the account, leaving every retry to its caller."""
    app = web.Application()
    app.add_subapp("/sandbox/stripe/", stripe_app(account))
    async with TestServer(app) as server:
        gateway = StripeGateway(
            account.api_key, str(server.make_url("/sandbox/stripe/")), retries=0
        )
        yield gateway
        await gateway.close()


async def ensure_code(
    stripe: StripeGateway, code: str = "JARED30", owner: str = "a1", key: str = "outbox-1"
) -> PromotionCode:
    """Ask for the code of one affiliate, on the coupon that all share."""
    coupon = await stripe.coupons.ensure("offer-30", off(30, PRODUCT))
    return await stripe.promotion_codes.ensure(
        code=code,
        coupon_id=coupon.id,
        limits=FIRST,
        metadata={"affiliate_id": owner},
        idempotency_key=key,
    )


async def test_the_doctor_learns_whose_key_it_is(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """`account` gives the id and name of the account, and that no real money moves."""
    found = await stripe.account()

    assert (found.id, found.name, found.livemode) == (account.id, "Northlight", False)


def test_a_live_key_is_told_from_a_test_key() -> None:
    """Secret and restricted keys say themselves whether real money moves."""
    keys = {"sk_live_x": True, "rk_live_x": True, "sk_test_live_x": False, "rk_test_x": False}

    for key, live in keys.items():
        assert StripeGateway(key, "https://api.stripe.com").livemode is live


async def test_products_for_sale_are_listed(stripe: StripeGateway) -> None:
    """The products that an offer can be limited to come with id and name."""
    assert [(it.id, it.name) for it in await stripe.list_products()] == [
        (PRODUCT, "Northlight Pro")
    ]


async def test_a_coupon_is_made_once(stripe: StripeGateway, account: StripeAccount) -> None:
    """Asking again for the coupon returns the one that is there, however often."""
    first = await stripe.coupons.ensure("c1", off(30, PRODUCT))
    again = await stripe.coupons.ensure("c1", off(30, PRODUCT))

    assert first == again
    assert (first.terms.percent_off, first.terms.duration) == (Decimal(30), "once")
    assert first.terms.products == {PRODUCT}
    assert len(list(account.objects.newest_first("coupon"))) == 1


async def test_a_broken_percentage_survives_the_journey(stripe: StripeGateway) -> None:
    """33.3 % is 33.3 % at the other end, no float in between shows."""
    made = await stripe.coupons.ensure("c1", off(Decimal("33.3")))

    assert made.terms.percent_off == Decimal("33.3")


async def test_a_coupon_with_other_terms_is_not_taken_for_ours(stripe: StripeGateway) -> None:
    """The same id with another percentage is an error for a person, never a wrong discount."""
    await stripe.coupons.ensure("c1", off(30))

    with pytest.raises(TransportError, match="other terms") as refusal:
        await stripe.coupons.ensure("c1", off(25))

    assert (refusal.value.permanent, refusal.value.code) == (True, "coupon_differs")


async def test_a_promotion_code_is_made_for_first_purchases(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """The code redeems our coupon, only for a customer's first purchase, and says whose it is."""
    made = await ensure_code(stripe)

    assert (made.code, made.coupon_id, made.active) == ("JARED30", "offer-30", True)
    assert made.metadata == {"affiliate_id": "a1"}
    kept = account.objects.get("promotion_code", made.id)
    assert kept["restrictions"]["first_time_transaction"] is True


async def test_a_promotion_code_is_made_once(stripe: StripeGateway, account: StripeAccount) -> None:
    """Repeated with the same key, with another key, or after a lost answer: one code."""
    account.fail_next("/v1/promotion_codes", status=0, after_work=True)
    with pytest.raises(TransportError):
        await ensure_code(stripe)

    first = await ensure_code(stripe)
    again = await ensure_code(stripe, key="outbox-2")

    assert first == again
    assert len(list(account.objects.newest_first("promotion_code"))) == 1


async def test_a_code_in_use_for_something_else_is_refused(stripe: StripeGateway) -> None:
    """A code on another coupon, or of another affiliate, is `code_taken`, in words to act on."""
    await stripe.coupons.ensure("summer", off(10))
    await stripe.promotion_codes.ensure(
        code="SUN", coupon_id="summer", limits=FIRST, metadata={}, idempotency_key="k"
    )
    await ensure_code(stripe, "JARED30", owner="a1", key="k1")

    for code in ("SUN", "jared30"):
        with pytest.raises(TransportError, match="already in use") as refusal:
            await ensure_code(stripe, code, owner="a2", key=f"k-{code}")
        assert (refusal.value.permanent, refusal.value.code) == (True, "code_taken")


async def test_a_code_made_by_hand_on_our_coupon_is_ours(
    stripe: StripeGateway, account: StripeAccount
) -> None:
    """A code that an operator made in Stripe, on our coupon and without an owner, is taken over."""
    await stripe.coupons.ensure("offer-30", off(30, PRODUCT))
    by_hand = await stripe.promotion_codes.ensure(
        code="JARED30", coupon_id="offer-30", limits=FIRST, metadata={}, idempotency_key="k"
    )

    assert (await ensure_code(stripe)).id == by_hand.id


async def test_a_code_that_became_free_is_taken_under_the_same_key(stripe: StripeGateway) -> None:
    """Stripe replays a refusal for a day; when the code is free again, a replayed effect works."""
    await stripe.coupons.ensure("summer", off(10))
    other = await stripe.promotion_codes.ensure(
        code="JARED30", coupon_id="summer", limits=FIRST, metadata={}, idempotency_key="k"
    )
    with pytest.raises(TransportError, match="already in use"):
        await ensure_code(stripe)
    await stripe.promotion_codes.deactivate(other.id)

    made = await ensure_code(stripe)

    assert (made.coupon_id, made.active) == ("offer-30", True)


async def test_a_code_can_be_looked_up_and_switched(stripe: StripeGateway) -> None:
    """Only active codes are found, in any case; a code can be switched off and on again."""
    made = await ensure_code(stripe)
    assert [it.id for it in await stripe.promotion_codes.find("jared30")] == [made.id]

    assert (await stripe.promotion_codes.deactivate(made.id)).active is False
    assert await stripe.promotion_codes.find("JARED30") == []

    assert (await stripe.promotion_codes.activate(made.id)).active is True
    assert await stripe.promotion_codes.find("MIA10") == []


async def test_a_refused_request_is_permanent(stripe: StripeGateway) -> None:
    """What Stripe refuses is not tried again, and its word for it is passed on."""
    with pytest.raises(TransportError, match="No such promotion code") as refusal:
        await stripe.promotion_codes.deactivate("promo_none")

    assert (refusal.value.permanent, refusal.value.code) == (True, "resource_missing")


async def test_a_wrong_key_is_permanent(account: StripeAccount, stripe: StripeGateway) -> None:
    """A wrong API key needs a person, and the message does not show the key."""
    account.api_key = "sk_test_rotated"

    with pytest.raises(TransportError, match="Invalid API Key") as refusal:
        await stripe.account()

    assert refusal.value.permanent is True
    assert "sk_test_sandbox" not in str(refusal.value)


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503])
async def test_a_bad_day_at_stripe_is_for_later(
    stripe: StripeGateway, account: StripeAccount, status: int
) -> None:
    """Overloaded or broken, Stripe is asked again later, as late as it wishes."""
    account.fail_next(status=status, retry_after=2.5)

    with pytest.raises(TransportError) as failure:
        await stripe.list_products()

    assert (failure.value.permanent, failure.value.retry_after) == (False, 2.5)


async def test_a_cut_connection_is_for_later(stripe: StripeGateway, account: StripeAccount) -> None:
    """A connection that breaks off says nothing about the request."""
    account.fail_next(status=0, times=2)  # aiohttp itself asks once more

    with pytest.raises(TransportError, match="could not be reached") as failure:
        await stripe.list_products()

    assert failure.value.permanent is False


async def test_nobody_at_the_address_is_for_later() -> None:
    """With nothing listening at the address the failure is one to be tried again."""
    gateway = StripeGateway("sk_test_x", f"http://127.0.0.1:{unused_port()}", retries=0)

    with pytest.raises(TransportError, match="could not be reached") as failure:
        await gateway.account()

    assert failure.value.permanent is False
    await gateway.close()


async def _half_an_answer(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "100"})
    await answer.prepare(request)
    await answer.write(b'{"object"')
    assert request.transport is not None
    request.transport.abort()
    return answer


async def _a_page_of_a_proxy(_request: web.Request) -> web.Response:
    return web.Response(status=502, text="<html>Bad gateway</html>")


@pytest.mark.parametrize("handler", [_half_an_answer, _a_page_of_a_proxy])
async def test_an_answer_that_is_no_answer_is_for_later(handler: object) -> None:
    """Half a body, or the error page of a proxy, is to be tried again and its HTML not shown."""
    app = web.Application()
    app.router.add_get("/v1/account", handler)  # type: ignore[arg-type] # both are handlers
    async with TestServer(app) as server:
        gateway = StripeGateway("sk_test_x", str(server.make_url("")), retries=0)
        with pytest.raises(TransportError) as failure:
            await gateway.account()
        await gateway.close()

    assert failure.value.permanent is False
    assert "<html>" not in str(failure.value)


async def test_the_library_retries_within_a_call(account: StripeAccount) -> None:
    """With retries on, a short failure is not even noticed, and nothing is done twice."""
    app = stripe_app(account)
    async with TestServer(app) as server:
        gateway = StripeGateway(account.api_key, str(server.make_url("")), retries=1)
        account.fail_next("/v1/coupons", status=500, after_work=True)
        made = await gateway.coupons.ensure("c1", off(30))
        await gateway.close()

    assert made.id == "c1"
    assert [seen.status for seen in account.requests] == [500, 200]
