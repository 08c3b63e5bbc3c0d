"""What somebody does to codes in Stripe's own dashboard comes back, and nobody fights over it."""

from decimal import Decimal
from typing import Any

import pytest

from domain.audit import SYSTEM
from domain.discount_codes import archive, edit, pause
from integrations.stripe import CouponTerms, Limits, StripeGateway
from storage import affiliates, codes
from storage.codes import DiscountCode
from tests.shop import Shop
from tests.webhooks.stripe.test_others import notices, the_code


def gateway(shop: Shop) -> StripeGateway:
    """What an operator's dashboard does at Stripe."""
    assert shop.services.stripe is not None
    return shop.services.stripe


def active_at_stripe(shop: Shop) -> list[str]:
    """The promotion codes that customers can redeem."""
    account = shop.account
    found = (account.snapshot(one) for one in account.objects.newest_first("promotion_code"))
    return [one["id"] for one in found if one["active"]]


async def switch(shop: Shop, *, on: bool) -> None:
    """Switch the promotion code in the dashboard, and let the news arrive."""
    code = await the_code(shop)
    promotion_codes = gateway(shop).promotion_codes
    change = promotion_codes.activate if on else promotion_codes.deactivate
    await change(code.stripe_promotion_code_id)
    await shop.quiet()


async def change(shop: Shop, **terms: Any) -> DiscountCode:
    """Change terms here, and have Stripe follow."""
    code = await the_code(shop)
    async with shop.db.transaction() as session:
        await edit(session, code.id, terms, SYSTEM)
    await shop.carry_out()
    await shop.quiet()
    return await the_code(shop)


async def test_a_code_switched_off_and_on_in_the_dashboard(shop: Shop) -> None:
    """It is paused here, then active again, and operators read of both."""
    await switch(shop, on=False)
    assert (await the_code(shop)).status == "paused"
    await switch(shop, on=True)
    assert (await the_code(shop)).status == "active"
    off, on = await notices(shop)
    assert "switched off" in off
    assert "switched on again" in on


@pytest.mark.parametrize("obstacle", ["archived", "affiliate"])
async def test_a_code_that_may_not_be_used_is_switched_off_again(shop: Shop, obstacle: str) -> None:
    """An archived code, and one of an affiliate who is not in the program, stay off."""
    code = await the_code(shop)
    assert code.affiliate_user_id is not None
    async with shop.db.transaction() as session:
        if obstacle == "archived":
            await archive(session, code.id, SYSTEM)
        else:
            await pause(session, code.id, SYSTEM)
            owner = await affiliates.get(session, code.affiliate_user_id)
            assert owner is not None
            owner.status = "paused"
            session.add(owner)
    await shop.carry_out()
    await shop.quiet()
    await switch(shop, on=True)
    assert len(await notices(shop)) == 1
    await shop.carry_out()
    await shop.quiet()
    assert active_at_stripe(shop) == []
    assert (await the_code(shop)).status in {"archived", "paused"}
    assert len(await notices(shop)) == 1


async def test_a_code_that_we_could_not_switch_off_does_not_come_back_by_itself(shop: Shop) -> None:
    """Paused here, Stripe refused: news of its coupon do not make it active here."""
    code = await the_code(shop)
    error = {"type": "invalid_request_error", "message": "You may not do this."}
    shop.account.fail_next("/v1/promotion_codes", status=403, error=error, method="POST", times=3)
    async with shop.db.transaction() as session:
        await pause(session, code.id, SYSTEM)
    await shop.carry_out()
    coupon = shop.account.objects.get("coupon", code.stripe_coupon_id)
    shop.account.emit("coupon.updated", coupon, {"name": "x"})
    await shop.quiet()
    kept = await the_code(shop)
    assert kept.status == "paused"
    assert "You may not do this." in kept.stripe_problem


async def test_what_we_replace_ourselves_is_no_news(shop: Shop) -> None:
    """A new limit switches one promotion code off and makes another, and nobody is told."""
    before = await the_code(shop)
    after = await change(shop, max_uses=7)
    assert after.stripe_promotion_code_id != before.stripe_promotion_code_id
    assert active_at_stripe(shop) == [after.stripe_promotion_code_id]
    assert after.status == "active"
    assert await notices(shop) == []


async def test_a_code_that_is_used_up_is_not_shown_as_paused(shop: Shop) -> None:
    """Stripe does not redeem it any more because its limit is reached."""
    code = await change(shop, max_uses=1)
    await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
    used_up = shop.account.objects.get("promotion_code", code.stripe_promotion_code_id)
    shop.account.emit("promotion_code.updated", used_up, {"times_redeemed": 0})
    await shop.quiet()
    assert (await the_code(shop)).status == "active"
    assert [text for text in await notices(shop) if "switched off" in text] == []


async def test_a_code_that_was_replaced_by_hand_is_noted_once(shop: Shop) -> None:
    """Somebody made their own JARED30: it is left alone, shown and told; then ours comes back."""
    stripe = gateway(shop)
    await switch(shop, on=False)
    await stripe.coupons.ensure("theirs", CouponTerms(percent_off=Decimal(50)))
    theirs = await stripe.promotion_codes.ensure(
        code="jared30", coupon_id="theirs", limits=Limits(), metadata={}, idempotency_key="x"
    )
    await shop.quiet()
    shop.account.emit(
        "promotion_code.updated", shop.account.objects.get("promotion_code", theirs.id), {}
    )
    await shop.quiet()
    code = await the_code(shop)
    assert (code.status, theirs.id in code.stripe_problem) == ("paused", True)
    assert sum(theirs.id in text for text in await notices(shop)) == 1
    await stripe.promotion_codes.deactivate(theirs.id)
    await switch(shop, on=True)
    await shop.carry_out()
    await shop.quiet()
    code = await the_code(shop)
    assert (code.status, code.stripe_problem) == ("active", "")
    assert active_at_stripe(shop) == [code.stripe_promotion_code_id]


async def test_an_old_version_that_is_switched_on_is_replaced_again(shop: Shop) -> None:
    """In the dashboard the present one was switched off and its forerunner on."""
    stripe = gateway(shop)
    old = await the_code(shop)
    new = await change(shop, max_uses=7)
    await stripe.promotion_codes.deactivate(new.stripe_promotion_code_id)
    await shop.quiet()
    await stripe.promotion_codes.activate(old.stripe_promotion_code_id)
    await shop.quiet()
    await shop.carry_out()
    await shop.quiet()
    async with shop.db.read() as session:
        kept = await codes.get(session, old.id)
    assert kept is not None
    assert old.stripe_promotion_code_id not in active_at_stripe(shop)
    assert any("earlier version" in text for text in await notices(shop))
