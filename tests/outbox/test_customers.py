"""What the product reads of a customer, at Stripe and at Clerk."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import select, update

from sandbox.faults import HANG_UP
from storage import referrals
from storage.db import Database
from storage.outbox import Effect
from tests.builders import join
from tests.shop import Shop, open_shop, subscription_of

EMAIL = "zoe@example.net"


@pytest.fixture
async def shop(db: Database) -> AsyncIterator[Shop]:
    """A shop that tells the desk of everything, with the affiliate JARED30."""
    await join(db)
    async with open_shop(db) as opened:
        await opened.carry_out()
        yield opened


def at_clerk(shop: Shop, email: str = EMAIL) -> dict[str, Any]:
    """The product's part of a user's private metadata."""
    (user,) = shop.stand_ins.clerk.find(email)
    found: dict[str, Any] = user["private_metadata"].get("propmine", {})
    return found


async def test_a_purchase_with_a_code_is_told_to_stripe_and_clerk(shop: Shop) -> None:
    """Other keys stay; the subscriber is active on the plan they bought."""
    user = shop.stand_ins.clerk.add_user(EMAIL)
    kept = {"theme": "dark", "propmine": {"beta": True}}
    shop.stand_ins.clerk.merge_metadata(user["id"], {"private_metadata": kept})
    bought = await shop.account.buy(
        email=EMAIL, promotion_code="JARED30", customer_metadata={"a": "b"}
    )
    await shop.quiet()
    await shop.carry_out()
    customer = shop.account.objects.get("customer", bought["customer"])
    assert customer["metadata"] == {"a": "b", "affiliateCodeUsed": "JARED30"}
    assert at_clerk(shop) == {
        "beta": True,
        "affiliateCodeUsed": "JARED30",
        "billingPlan": "monthly",
        "subscriptionStatus": "active",
        "subscriberActive": True,
    }


async def test_the_user_named_in_the_customers_metadata_goes_before_the_address(
    shop: Shop,
) -> None:
    """The product knows better who its customer is."""
    user = shop.stand_ins.clerk.add_user("private@example.org")
    await shop.account.buy(
        email=EMAIL,
        promotion_code="JARED30",
        customer_metadata={"clerk_user_id": user["id"]},
    )
    await shop.quiet()
    await shop.carry_out()
    assert at_clerk(shop, "private@example.org")["affiliateCodeUsed"] == "JARED30"


async def test_a_change_of_plan_and_a_cancellation_follow(shop: Shop) -> None:
    """The referral and the product's metadata show what the customer subscribes to now."""
    shop.stand_ins.clerk.add_user(EMAIL)
    bought = await shop.account.buy(email=EMAIL, promotion_code="JARED30")
    await shop.quiet()
    await shop.carry_out()
    await shop.account.change_plan(subscription_of(bought), "yearly", unused=1000)
    await shop.quiet()
    await shop.carry_out()
    assert (at_clerk(shop)["billingPlan"], at_clerk(shop)["subscriberActive"]) == ("yearly", True)
    await shop.account.cancel(subscription_of(bought))
    await shop.quiet()
    await shop.carry_out()
    found = at_clerk(shop)
    assert (found["subscriptionStatus"], found["subscriberActive"]) == ("canceled", False)
    async with shop.db.read() as session:
        referral = await referrals.of_customer(session, bought["customer"])
    assert referral is not None
    assert (referral.plan, referral.status) == ("yearly", "canceled")


async def test_told_twice_or_with_the_answer_lost_it_is_the_same(shop: Shop) -> None:
    """Each write can be repeated."""
    shop.stand_ins.clerk.add_user(EMAIL)
    bought = await shop.account.buy(email=EMAIL, promotion_code="JARED30")
    await shop.quiet()
    shop.account.fail_next("/v1/customers", status=HANG_UP, times=2, after_work=True)
    await shop.carry_out()
    before = (at_clerk(shop), shop.account.objects.get("customer", bought["customer"])["metadata"])
    async with shop.db.transaction() as session:
        await session.exec(update(Effect).values(handled_at=None, attempts=1))
    await shop.carry_out()
    after = (at_clerk(shop), shop.account.objects.get("customer", bought["customer"])["metadata"])
    assert after == before
    assert before[1] == {"affiliateCodeUsed": "JARED30"}


async def test_a_customer_without_a_user_or_already_deleted_is_no_error(shop: Shop) -> None:
    """Nothing to tell is not a fault."""
    bought = await shop.account.buy(email=EMAIL, promotion_code="JARED30")
    await shop.quiet()
    shop.account.objects.remove(shop.account.objects.get("customer", bought["customer"]))
    await shop.carry_out()
    async with shop.db.read() as session:
        effects = (await session.exec(select(Effect))).all()
    assert {(effect.kind, effect.last_error) for effect in effects if effect.parked_at} == set()
