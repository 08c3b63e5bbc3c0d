"""Promotion codes at Stripe follow the codes here, from whatever state and after any accident."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

import clock
from domain import effects
from domain.effects import update_promotion_code
from integrations.stripe import CouponTerms, Limits, StripeGateway
from sandbox.faults import HANG_UP
from sandbox.slack.people import AFFILIATES
from storage import codes
from storage.codes import ARCHIVED, EXPIRED, PAUSED, DiscountCode
from tests.outbox.conftest import Outside

Json = dict[str, Any]

CODES = "/v1/promotion_codes"
LATER = datetime(2027, 3, 1, 12, 30, 15, 500, tzinfo=UTC)


async def save(outside: Outside, code: DiscountCode | None = None, **terms: Any) -> DiscountCode:
    """Store a code (20 % off the first payment) with these terms, and ask for the effect."""
    async with outside.db.transaction() as session:
        if code is None:
            kept = DiscountCode(code="LAUNCH20", discount_value=20, first_purchase_only=False)
        else:
            found = await codes.get(session, code.id, lock=True)
            assert found is not None
            kept = found
        for name, value in terms.items():
            setattr(kept, name, value)
        session.add(kept)
        await session.flush()
        await update_promotion_code(session, kept.id)
    return kept


async def stored(outside: Outside, code: DiscountCode) -> DiscountCode:
    """The code as stored."""
    async with outside.db.read() as session:
        found = await codes.get(session, code.id)
    assert found is not None
    return found


def at_stripe(outside: Outside) -> list[Json]:
    """Every promotion code as Stripe shows it, oldest first."""
    account = outside.stand_ins.stripe
    found = [account.snapshot(one) for one in account.objects.newest_first("promotion_code")]
    return found[::-1]


def coupon_of(outside: Outside, promotion_code: Json) -> Json:
    """What a promotion code is worth."""
    key = promotion_code["promotion"]["coupon"]
    return outside.stand_ins.stripe.objects.get("coupon", key)


def gateway(outside: Outside) -> StripeGateway:
    """The client that the effects use."""
    assert outside.services.stripe is not None
    return outside.services.stripe


async def the_active_one(outside: Outside, code: DiscountCode) -> Json:
    """The only promotion code that customers can redeem, which has to be the one noted here."""
    (active,) = (one for one in at_stripe(outside) if one["active"])
    kept = await stored(outside, code)
    assert (kept.stripe_promotion_code_id, kept.stripe_coupon_id) == (
        active["id"],
        active["promotion"]["coupon"],
    )
    assert kept.stripe_problem == ""
    return active


async def told(outside: Outside) -> str:
    """Everything that operators read."""
    slack = outside.stand_ins.slack
    return "\n".join(slack.text_of(message) for message in slack.messages(AFFILIATES))


async def test_every_term_reaches_stripe(outside: Outside) -> None:
    """Amount, currency, months, limits, expiry, first purchase, and the least plan's price."""
    code = await save(
        outside,
        discount_type="fixed_amount",
        discount_value=500,
        currency="usd",
        duration="repeating",
        duration_months=3,
        max_uses=50,
        min_plan="3-month",
        first_purchase_only=True,
        expires_at=LATER,
    )
    await outside.settle()
    active = await the_active_one(outside, code)
    coupon = coupon_of(outside, active)
    assert (coupon["amount_off"], coupon["currency"]) == (500, "usd")
    assert (coupon["duration"], coupon["duration_in_months"]) == ("repeating", 3)
    assert (active["max_redemptions"], active["expires_at"]) == (50, int(LATER.timestamp()))
    assert active["restrictions"] == {
        "first_time_transaction": True,
        "minimum_amount": 7900,
        "minimum_amount_currency": "usd",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"max_uses": 10},
        {"expires_at": LATER},
        {"min_plan": "yearly"},
        {"first_purchase_only": True},
        {"discount_value": 25},
        {"duration": "forever"},
        {"discount_type": "fixed_amount", "discount_value": 300, "currency": "usd"},
    ],
)
@pytest.mark.parametrize("lost", [None, "first", "second"])
async def test_what_stripe_can_not_change_becomes_a_new_promotion_code(
    outside: Outside, change: Json, lost: str | None
) -> None:
    """The old one is off, the new one works under the same word, also when an answer is lost.

    The first call that changes anything switches the old one off, the second makes the new one.
    """
    code = await save(outside)
    await outside.settle()
    (old,) = at_stripe(outside)
    if lost:
        path = f"{CODES}/{old['id']}" if lost == "first" else CODES
        outside.stand_ins.stripe.fail_next(
            path, status=HANG_UP, times=3, after_work=True, method="POST"
        )
    await save(outside, code, **change)
    await outside.settle()
    new = await the_active_one(outside, code)
    assert new["id"] != old["id"]
    assert new["code"] == "LAUNCH20"
    assert len(at_stripe(outside)) == 2
    assert await told(outside) == ""
    await save(outside, code)
    await outside.settle()
    assert (await the_active_one(outside, code))["id"] == new["id"]
    assert len(at_stripe(outside)) == 2


async def test_a_new_limit_counts_the_uses_so_far(outside: Outside) -> None:
    """Two of five are used: a limit of four leaves two, and keeps leaving two."""
    code = await save(outside, max_uses=5)
    await outside.settle()
    account = outside.stand_ins.stripe
    for who in ("zoe", "ada"):
        await account.buy(email=f"{who}@example.com", promotion_code="LAUNCH20")
    await save(outside, code, max_uses=4)
    await outside.settle()
    new = await the_active_one(outside, code)
    assert new["max_redemptions"] == 2
    await account.buy(email="eve@example.com", promotion_code="LAUNCH20")
    await save(outside, code, total_uses=3)
    await outside.settle()
    assert (await the_active_one(outside, code))["id"] == new["id"]
    await save(outside, code, max_uses=3)
    await outside.settle()
    assert [one["active"] for one in at_stripe(outside)] == [False, False]
    assert await told(outside) == ""
    await save(outside, code, max_uses=None)
    await outside.settle()
    assert (await the_active_one(outside, code))["max_redemptions"] is None


async def test_a_code_that_is_used_up_is_no_problem(outside: Outside) -> None:
    """Stripe does not redeem it any more, which is what was asked for."""
    code = await save(outside, max_uses=1)
    await outside.settle()
    await outside.stand_ins.stripe.buy(email="zoe@example.com", promotion_code="LAUNCH20")
    await save(outside, code, total_uses=1)
    await outside.settle()
    assert [one["active"] for one in at_stripe(outside)] == [False]
    assert (await stored(outside, code)).stripe_problem == ""
    assert await told(outside) == ""


@pytest.mark.parametrize("status", [PAUSED, EXPIRED, ARCHIVED])
async def test_what_is_not_active_here_is_not_redeemed(outside: Outside, status: str) -> None:
    """And comes back, the same, when it is activated."""
    code = await save(outside)
    await outside.settle()
    (first,) = at_stripe(outside)
    await save(outside, code, status=status)
    await outside.settle()
    assert [one["active"] for one in at_stripe(outside)] == [False]
    await save(outside, code, status="active")
    await outside.settle()
    assert (await the_active_one(outside, code))["id"] == first["id"]


async def test_a_code_whose_time_is_over_is_left_in_peace(outside: Outside) -> None:
    """Not yet marked as expired here, over at Stripe: nothing is made, nothing is repeated."""
    code = await save(outside, expires_at=clock.now() + timedelta(days=1))
    await outside.settle()
    with clock.travel(clock.now() + timedelta(days=2)):
        await save(outside, code)
        await outside.settle()
        assert [one["active"] for one in at_stripe(outside)] == [False]
        last = (await outside.effects(effects.PROMOTION_CODE))[-1]
        assert (last.attempts, last.parked_at, last.last_error) == (1, None, None)


@pytest.mark.parametrize("status", ["active", PAUSED])
async def test_what_was_made_and_never_noted_is_found(outside: Outside, status: str) -> None:
    """Killed between the promotion code and its note: the next attempt takes up what is there."""
    code = await save(outside)
    await outside.settle()
    (made,) = at_stripe(outside)
    await save(
        outside,
        code,
        stripe_promotion_code_id="",
        stripe_coupon_id="",
        status=status,
        max_uses=None,
    )
    await outside.settle()
    assert at_stripe(outside) == [made | {"active": status == "active"}]
    assert (await stored(outside, code)).stripe_promotion_code_id == made["id"]


async def test_a_replacement_that_was_never_noted_is_found(outside: Outside) -> None:
    """Killed after the new promotion code was made and before it was noted; then redeemed once."""
    code = await save(outside)
    await outside.settle()
    (old,) = at_stripe(outside)
    await save(outside, code, max_uses=9)
    await outside.settle()
    new = at_stripe(outside)[1]
    await outside.stand_ins.stripe.buy(email="zoe@example.com", promotion_code="LAUNCH20")
    await save(
        outside,
        code,
        stripe_promotion_code_id=old["id"],
        stripe_coupon_id=old["promotion"]["coupon"],
        total_uses=1,
    )
    await outside.settle()
    assert (await the_active_one(outside, code))["id"] == new["id"]
    assert len(at_stripe(outside)) == 2


async def test_a_deleted_coupon_is_made_anew(outside: Outside) -> None:
    """Activating a code whose coupon somebody deleted in Stripe makes both again."""
    code = await save(outside)
    await outside.settle()
    account = outside.stand_ins.stripe
    account.objects.remove(coupon_of(outside, at_stripe(outside)[0]))
    await save(outside, code)
    await outside.settle()
    assert (await the_active_one(outside, code))["active"] is True


Refuse = Callable[[Outside], None]


def refuse_coupon(outside: Outside) -> None:
    """Stripe takes no coupon of these terms."""
    error = {"type": "invalid_request_error", "message": "Invalid currency: xxx", "param": "c"}
    outside.stand_ins.stripe.fail_next("/v1/coupons", status=400, error=error)


def refuse_promotion_code(outside: Outside) -> None:
    """Stripe makes no promotion code of these terms."""
    error = {"type": "invalid_request_error", "message": "Invalid amount", "param": "c"}
    outside.stand_ins.stripe.fail_next(CODES, status=400, error=error, method="POST")


@pytest.mark.parametrize("refuse", [refuse_coupon, refuse_promotion_code])
async def test_what_stripe_refuses_is_shown_told_and_tried_again(
    outside: Outside, refuse: Refuse
) -> None:
    """The row keeps the reason, operators read what to do, and the next attempt clears it."""
    refuse(outside)
    code = await save(outside)
    await outside.settle()
    kept = await stored(outside, code)
    assert "Invalid" in kept.stripe_problem
    assert "LAUNCH20" in kept.stripe_problem
    assert at_stripe(outside) == []
    assert kept.stripe_problem in await told(outside)
    await save(outside, code)
    await outside.settle()
    assert (await the_active_one(outside, code))["code"] == "LAUNCH20"


async def test_terms_that_stripe_refuses_leave_what_worked(outside: Outside) -> None:
    """A coupon that can not be made does not take away the one that customers have."""
    code = await save(outside)
    await outside.settle()
    (before,) = at_stripe(outside)
    refuse_coupon(outside)
    await save(outside, code, discount_value=90)
    await outside.settle()
    assert at_stripe(outside) == [before]
    assert (await stored(outside, code)).stripe_problem != ""


async def test_a_plan_without_a_price_is_a_problem_in_words(outside: Outside) -> None:
    """The code is not offered without the limit that was asked for."""
    code = await save(outside, min_plan="platinum")
    await outside.settle()
    assert at_stripe(outside) == []
    assert "plan platinum" in (await stored(outside, code)).stripe_problem


async def test_somebody_elses_code_is_left_alone(outside: Outside) -> None:
    """The word is taken in Stripe: theirs stays on, ours is a problem until the word is free."""
    stripe = gateway(outside)
    await stripe.coupons.ensure("foreign", CouponTerms(percent_off=Decimal(50)))
    theirs = await stripe.promotion_codes.ensure(
        code="launch20", coupon_id="foreign", limits=Limits(), metadata={}, idempotency_key="x"
    )
    code = await save(outside)
    await outside.settle()
    assert [one["active"] for one in at_stripe(outside)] == [True]
    assert theirs.id in (await stored(outside, code)).stripe_problem
    await stripe.promotion_codes.deactivate(theirs.id)
    await save(outside, code)
    await outside.settle()
    assert (await the_active_one(outside, code))["id"] != theirs.id


async def test_a_word_for_one_customer_only_stands_beside_ours(outside: Outside) -> None:
    """Stripe lets a word be one code for everybody and another for a single customer."""
    account, stripe = outside.stand_ins.stripe, gateway(outside)
    bought = await account.buy(email="zoe@example.com")
    await stripe.coupons.ensure("hers", CouponTerms(percent_off=Decimal(50)))
    theirs = await stripe.promotion_codes.ensure(
        code="LAUNCH20", coupon_id="hers", limits=Limits(), metadata={}, idempotency_key="x"
    )
    account.objects.get("promotion_code", theirs.id)["customer"] = bought["customer"]
    code = await save(outside)
    await outside.settle()
    assert [one["active"] for one in at_stripe(outside)] == [True, True]
    assert (await stored(outside, code)).stripe_promotion_code_id != theirs.id


async def test_an_outage_is_waited_for(outside: Outside) -> None:
    """Stripe that is down is no refusal: nobody is told, and the code works in the end."""
    outside.stand_ins.stripe.fail_next("/v1", status=503, times=4)
    code = await save(outside)
    await outside.settle()
    await the_active_one(outside, code)
    assert await told(outside) == ""
