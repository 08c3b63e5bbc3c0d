"""Checkouts of ours, and of others, as Stripe tells of them."""

from integrations.stripe.checkout_sessions import CheckoutSession
from storage.checkouts import Checkout
from tests.code_builders import begin, checkout_now, redemptions_of, some_code
from tests.shop import Shop


async def open_page(shop: Shop, name: str) -> CheckoutSession:
    """A page for a checkout, of which nobody noted that it was opened."""
    gateway = shop.services.stripe
    assert gateway is not None
    price = next(iter(shop.account.objects.newest_first("price")))
    after = "https://product.example.com/"
    promotion = next(iter(shop.account.objects.newest_first("promotion_code")))
    return await gateway.checkout_sessions.start(
        name,
        price=price["id"],
        promotion_code=promotion["id"],
        success_url=after,
        cancel_url=after,
        expires_at=(await _some_checkout(shop)).expires_at,
    )


async def _some_checkout(shop: Shop) -> Checkout:
    return (await begin(shop.db))[0]


async def test_a_page_that_closes_gives_back_what_it_held(shop: Shop) -> None:
    """Also where we never heard that it was opened; told twice, it is the same."""
    await some_code(shop.db)
    checkout, _ = await begin(shop.db, "LAUNCH20")
    page = await open_page(shop, str(checkout.id))
    gateway = shop.services.stripe
    assert gateway is not None
    await gateway.checkout_sessions.expire(page.id)
    await shop.quiet()
    assert (await checkout_now(shop.db, checkout.id)).status == "expired"
    (event,) = await shop.events("checkout.session.expired")
    again = shop.account.objects.get("event", event.external_id)
    await shop.hear(again, external_id="evt_again")
    await shop.quiet()
    assert [one.parked_at for one in await shop.events("checkout.session.expired")] == [None] * 2


async def test_a_page_that_was_paid_completes_its_checkout(shop: Shop) -> None:
    """And its redemptions are what the invoice says, not what the checkout was begun with."""
    code = await some_code(shop.db, "EXTRA10", discount_value=10)
    checkout, _ = await begin(shop.db, "EXTRA10")
    page = await open_page(shop, str(checkout.id))
    await shop.account.pay(page.id, email="zoe@example.net")
    await shop.quiet()
    assert (await checkout_now(shop.db, checkout.id)).status == "completed"
    # The page had JARED30's discount, and the redemption is what the invoice says.
    assert await redemptions_of(shop.db, code) == []


async def test_a_page_of_somebody_else_is_none_of_ours(shop: Shop) -> None:
    """The product may sell by other pages, with references of its own."""
    page = await open_page(shop, "order-4711")
    gateway = shop.services.stripe
    assert gateway is not None
    await gateway.checkout_sessions.expire(page.id)
    await shop.quiet()
    (event,) = await shop.events("checkout.session.expired")
    assert (event.ignored, event.parked_at) == (True, None)
