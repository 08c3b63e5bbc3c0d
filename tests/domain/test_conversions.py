import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from domain import conversions, tier_moves
from domain.attribution import Customer
from domain.sales import EarlierSalesNeededError, InvoiceFacts
from storage import referrals
from storage.db import Database
from storage.referrals import Referral
from storage.sales import Sale
from tests.builders import affiliate_now, facts, join, later, settle
from tests.tier_builders import convert, make_tier


async def counted(db: Database) -> dict[UUID, int]:
    """How many converted referrals each affiliate has."""
    async with db.read() as session:
        return await referrals.converted(session)


async def by_the_rows(db: Database) -> dict[UUID, int]:
    """The same, as the definition has it, from the raw rows."""
    async with db.read() as session:
        sales = (await session.exec(select(Sale))).all()
        people = (await session.exec(select(Referral).where(Referral.first_sale))).all()
    found: dict[UUID, int] = {}
    for person in people:
        left = [
            one.collected - one.refunded - one.disputed
            for one in sales
            if (one.customer_id, one.affiliate_user_id)
            == (person.customer_id, person.affiliate_user_id)
        ]
        if any(each > 0 for each in left):
            found[person.affiliate_user_id] = found.get(person.affiliate_user_id, 0) + 1
    return found


@pytest.mark.parametrize(
    ("before", "after", "converted"),
    [
        ({}, {"refunded": 2900}, False),
        ({"refunded": 2900}, {}, True),
        ({}, {"refunded": 2899}, True),
        ({}, {"disputed": 2900}, False),
        ({"disputed": 2900}, {"disputed": 0}, True),
        ({"disputed": 2900}, {"disputed": 2900, "fee": 1614}, False),
        ({"refunded": 1450}, {"refunded": 1450, "disputed": 1450}, False),
        ({"collected": 0}, {"collected": 2900}, True),
        ({}, {"collected": 0}, False),
    ],
)
async def test_a_customer_counts_while_something_of_them_is_left(
    db: Database, before: dict[str, Any], after: dict[str, Any], *, converted: bool
) -> None:
    """Refunded and disputed, lost and won, whichever is heard first."""
    affiliate = await join(db)
    first = facts(**before)
    await settle(db, first, later(replace(facts(), **after)))
    assert await counted(db) == ({affiliate.id: 1} if converted else {})


async def test_what_is_heard_late_changes_nothing(db: Database) -> None:
    """Facts older than the refund do not bring the customer back."""
    await join(db)
    await settle(db, facts(), later(facts(), refunded=2900), facts())
    assert await counted(db) == {}


async def test_another_payment_keeps_the_customer(db: Database) -> None:
    """Also one beyond the cycles that earn; and never more than once."""
    affiliate = await join(db)
    await settle(db, facts(1), facts(2), facts(3))
    assert await counted(db) == {affiliate.id: 1}
    await settle(db, later(facts(1), refunded=2900), later(facts(2), refunded=2900))
    assert await counted(db) == {affiliate.id: 1}
    await settle(db, later(facts(3), refunded=2900))
    assert await counted(db) == {}


async def test_a_dispute_that_was_won_moves_up_at_once(db: Database) -> None:
    """As a new customer would."""
    affiliate, gold = await join(db), await make_tier(db, "Gold", 1)
    lost = facts(disputed=2900)
    await settle(db, lost)
    assert (await affiliate_now(db, affiliate.id)).tier_id is None
    await settle(db, later(lost, disputed=0))
    assert (await affiliate_now(db, affiliate.id)).tier_id == gold.id


@pytest.mark.parametrize("seed", range(6))
async def test_what_is_kept_is_what_the_rows_say(db: Database, seed: int) -> None:
    """After every step of a random story of two affiliates, told out of order and twice."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    for code in ("JARED30", "RIVAL"):
        await join(db, code, email=f"{code}@example.com")
    told: list[InvoiceFacts] = []
    for minute in range(60):
        buyer, cycle = chance.randrange(5), chance.randrange(1, 5)
        fetched = facts().fetched_at + timedelta(minutes=minute)
        told.append(
            facts(
                cycle,
                invoice_id=f"in_{buyer}_{cycle}",
                customer=Customer(f"cus_{buyer}", f"b{buyer}@example.net", {}),
                codes=chance.choice([(), ("JARED30",), ("RIVAL",)]),
                collected=chance.choice([2900, 2900, 2900, 0]),
                refunded=chance.choice([0, 0, 1450, 2900]),
                disputed=chance.choice([0, 0, 1450, 2900]),
                fetched_at=fetched,
                earlier=tuple(f"in_{buyer}_{n}" for n in range(1, cycle)),
            )
        )
        try:
            await settle(db, chance.choice(told[-4:]))
        except EarlierSalesNeededError:
            continue
        assert await counted(db) == await by_the_rows(db)
        async with db.read() as session:
            assert await referrals.miscounted(session) == []


async def test_what_an_older_release_left_wrong_is_found_and_put_right(db: Database) -> None:
    """With what follows from it."""
    affiliate = await join(db)
    await convert(db, 1)
    await convert(db, 2)
    async with db.transaction() as session:
        for referral in (await session.exec(select(Referral))).all():
            referral.counted = False
            session.add(referral)
    gold = await make_tier(db, "Gold", 2)
    async with db.read() as session:
        wrong = await referrals.miscounted(session)
        assert await tier_moves.due(session) == []
    assert wrong == ["cus_c1", "cus_c2"]
    for customer in wrong:
        async with db.transaction() as session:
            await conversions.count_anew(session, customer)
    assert await counted(db) == {affiliate.id: 2}
    assert (await affiliate_now(db, affiliate.id)).tier_id == gold.id
