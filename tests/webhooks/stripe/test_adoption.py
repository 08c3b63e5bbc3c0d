"""Codes that exist in Stripe become codes here, and stay what they are for customers."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

import clock
from domain.adoption import adopt
from domain.audit import SYSTEM
from domain.discount_codes import archive, create, edit
from domain.errors import ConflictError, DomainError, InvalidError, NotFoundError
from domain.program import Program
from integrations.stripe import CouponTerms, Limits, PromotionCode, StripeGateway
from storage import codes
from storage.codes import DiscountCode
from tests.shop import Shop
from tests.webhooks.stripe.test_others import notices
from webhooks.stripe.adoption import existing_code


def gateway(shop: Shop) -> StripeGateway:
    """The client of Stripe."""
    assert shop.services.stripe is not None
    return shop.services.stripe


async def by_hand(
    shop: Shop, terms: CouponTerms, limits: Limits | None = None, code: str = "Summer-1"
) -> PromotionCode:
    """Make a promotion code in Stripe's dashboard."""
    await gateway(shop).coupons.ensure("by-hand", terms)
    return await gateway(shop).promotion_codes.ensure(
        code=code,
        coupon_id="by-hand",
        limits=limits or Limits(),
        metadata={},
        idempotency_key=f"by-hand {code}",
    )


async def take_over(shop: Shop, typed: str = "summer-1") -> DiscountCode:
    """Adopt the code, and have the effects carried out."""
    existing = await existing_code(gateway(shop), typed, Program())
    async with shop.db.transaction() as session:
        made = await adopt(session, existing, SYSTEM)
    await shop.carry_out()
    await shop.quiet()
    async with shop.db.read() as session:
        found = await codes.get(session, made.id)
    assert found is not None
    return found


def active_at_stripe(shop: Shop) -> set[str]:
    """The promotion codes that customers can redeem, by id."""
    account = shop.account
    found = (account.snapshot(one) for one in account.objects.newest_first("promotion_code"))
    return {one["id"] for one in found if one["active"]}


async def test_an_adopted_code_stays_what_it_is(shop: Shop) -> None:
    """Terms, limits, uses so far and ids come along; nothing is made or switched at Stripe."""
    terms = CouponTerms(amount_off=700, currency="usd", duration="repeating", months=2)
    limits = Limits(max_redemptions=3, minimum_amount=7900, minimum_currency="usd")
    made = await by_hand(shop, terms, limits)
    await shop.account.buy(email="zoe@example.net", plan="yearly", promotion_code="SUMMER-1")
    before = active_at_stripe(shop)
    code = await take_over(shop)
    assert (code.code, code.status, code.stripe_problem) == ("SUMMER-1", "active", "")
    assert (code.discount_type, code.discount_value, code.currency) == ("fixed_amount", 700, "usd")
    assert (code.duration, code.duration_months) == ("repeating", 2)
    assert (code.max_uses, code.prior_uses, code.min_plan) == (3, 1, "3-month")
    assert (code.stripe_promotion_code_id, code.stripe_coupon_id) == (made.id, "by-hand")
    assert active_at_stripe(shop) == before
    assert await notices(shop) == []


async def test_a_code_that_stripe_refused_can_be_adopted_even_when_archived(shop: Shop) -> None:
    """The word was taken at Stripe: the code here becomes that one, in step from then on."""
    made = await by_hand(shop, CouponTerms(percent_off=Decimal(15)), code="SUMMER-1")
    before = active_at_stripe(shop)
    async with shop.db.transaction() as session:
        given = {"code": "SUMMER-1", "discount_value": 40, "max_uses": 2}
        code = await create(session, given, SYSTEM)
    await shop.carry_out()
    await shop.quiet()
    assert any("already in use" in told for told in await notices(shop))
    async with shop.db.transaction() as session:
        await archive(session, code.id, SYSTEM)
    await shop.carry_out()
    await shop.quiet()

    adopted = await take_over(shop)
    assert (adopted.id, adopted.status, adopted.stripe_problem) == (code.id, "active", "")
    assert (adopted.discount_value, adopted.max_uses) == (15, None)
    assert adopted.stripe_promotion_code_id == made.id
    assert active_at_stripe(shop) == before


async def test_an_adopted_code_can_be_changed_like_any_other(shop: Shop) -> None:
    """A new limit makes a new promotion code under the word, less what was used before."""
    made = await by_hand(shop, CouponTerms(percent_off=Decimal(15)), Limits(max_redemptions=9))
    await shop.account.buy(email="zoe@example.net", promotion_code="SUMMER-1")
    code = await take_over(shop)
    async with shop.db.transaction() as session:
        await edit(session, code.id, {"max_uses": 5}, SYSTEM)
    await shop.carry_out()
    await shop.quiet()
    async with shop.db.read() as session:
        changed = await codes.get(session, code.id)
    assert changed is not None
    active = active_at_stripe(shop)
    assert made.id not in active
    assert changed.stripe_promotion_code_id in active
    kept = shop.account.objects.get("promotion_code", changed.stripe_promotion_code_id)
    assert (kept["max_redemptions"], kept["code"]) == (4, "SUMMER-1")


@pytest.mark.parametrize(
    ("terms", "limits", "change", "reason"),
    [
        ({"percent_off": Decimal("12.5")}, Limits(), {}, "12.5%"),
        ({"percent_off": Decimal(10)}, Limits(), {"customer": "cus_zoe"}, "one customer only"),
        (
            {"percent_off": Decimal(10)},
            Limits(minimum_amount=5000, minimum_currency="usd"),
            {},
            "no plan costs",
        ),
        (
            {"percent_off": Decimal(10), "duration": "repeating", "months": 72},
            Limits(),
            {},
            "duration months",
        ),
    ],
)
async def test_what_codes_here_can_not_do_is_refused_in_words(
    shop: Shop, terms: Any, limits: Limits, change: dict[str, Any], reason: str
) -> None:
    """The operator reads why, and nothing is kept."""
    made = await by_hand(shop, CouponTerms(**terms), limits)
    kept = shop.account.objects.get("promotion_code", made.id)
    kept |= change
    with pytest.raises(InvalidError, match=reason):
        await take_over(shop)
    async with shop.db.read() as session:
        assert await codes.by_code(session, "SUMMER-1") is None


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("JARED30", ConflictError),
        ("NOSUCH", NotFoundError),
        ("  ", NotFoundError),
        ("\x00", NotFoundError),
    ],
)
async def test_what_is_here_or_nowhere_is_not_adopted(
    shop: Shop, typed: str, error: type[DomainError]
) -> None:
    """A code of ours, one that Stripe does not have, and no code at all."""
    with pytest.raises(error):
        await take_over(shop, typed)


async def test_a_sale_from_before_is_a_use_once(shop: Shop) -> None:
    """News of it that comes after the adoption adds nothing to what was counted at Stripe."""
    now = clock.now()
    with clock.travel(now - timedelta(hours=2)):
        await by_hand(shop, CouponTerms(percent_off=Decimal(15)), Limits(max_redemptions=9))
        bought = await shop.account.buy(email="zoe@example.net", promotion_code="SUMMER-1")
        await shop.quiet()
    with clock.travel(now - timedelta(hours=1)):
        code = await take_over(shop)
    await shop.account.refund(bought["id"], 100)
    await shop.quiet()
    await shop.account.buy(email="ada@example.net", promotion_code="SUMMER-1")
    await shop.quiet()
    async with shop.db.read() as session:
        found = await codes.get(session, code.id)
    assert found is not None
    assert (found.prior_uses, found.total_uses, found.total_discount_cents) == (1, 1, 435)
