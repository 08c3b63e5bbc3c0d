import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from domain import affiliates, program, reconcile, recruits
from domain.attribution import Customer
from domain.sales import explain
from domain.statements import Month, statement
from domain.statuses import Status
from storage import affiliates as affiliate_rows
from storage import ledger, two_tier
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ledger import LedgerEntry
from storage.two_tier import SecondTierCommission
from tests.builders import PAID, RITA, effects_asked_for, facts, join, later, settle


async def set_up(db: Database, **changes: Any) -> tuple[Affiliate, Affiliate]:
    """Anna and her recruit Jared, in a program of two tiers."""
    async with db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True} | changes, RITA)
    anna = await join(db, "ANNA20", email="anna@example.com", display_name="Anna Bo")
    return anna, await join(db, "JARED30", recruited_by="ANNA20")


async def entries(db: Database, who: Affiliate) -> list[tuple[int, str]]:
    """An affiliate's ledger, oldest first."""
    async with db.read() as session:
        query = select(LedgerEntry).where(LedgerEntry.affiliate_user_id == who.id)
        found = (await session.exec(query.order_by(col(LedgerEntry.id)))).all()
    return [(entry.amount, entry.reason) for entry in found]


async def shares(db: Database) -> list[SecondTierCommission]:
    """Every second-tier commission."""
    async with db.read() as session:
        query = select(SecondTierCommission).order_by(col(SecondTierCommission.id))
        return list((await session.exec(query)).all())


async def test_a_recruiter_earns_a_share_of_a_recruits_commission(db: Database) -> None:
    """5 % of the $5.57 that Jared earns are $0.28, on hold as long as his; told twice, once."""
    anna, jared = await set_up(db)
    await settle(db, facts(1), facts(1), later(facts(1)))
    assert await entries(db, jared) == [(557, "commission")]
    assert await entries(db, anna) == [(28, "second_tier")]
    [share] = await shares(db)
    assert (share.tier1_affiliate_id, share.tier2_affiliate_id) == (anna.id, jared.id)
    assert (share.rate_bp, share.base, share.commission_amount_cents) == (500, "commission", 28)
    async with db.read() as session:
        balance = await ledger.balances(session, anna.id, PAID + timedelta(days=29))
        freed = await ledger.balances(session, anna.id, PAID + timedelta(days=30))
    assert (balance, freed) == ({"usd": (0, 28)}, {"usd": (28, 0)})
    lanes = [effect.lane for effect in await effects_asked_for(db)]
    assert "directory:anna@example.com" in lanes


async def test_a_share_can_be_of_the_sale(db: Database) -> None:
    """5 % of the $27.86 that Jared's commission is a share of are $1.39."""
    anna, _ = await set_up(db, second_tier_base="sale")
    await settle(db, facts(1))
    assert await entries(db, anna) == [(139, "second_tier")]


@pytest.mark.parametrize("base", ["commission", "sale"])
async def test_a_share_follows_refunds_and_disputes_exactly(db: Database, base: str) -> None:
    """What is left of a sale decides, whatever became of it before; all back is nothing left."""
    anna, _ = await set_up(db, second_tier_base=base)
    sold = facts(1)
    steps = [
        (sold, {"commission": 28, "sale": 139}),
        (later(sold, refunded=700), {"commission": 21, "sale": 104}),  # 417 of 2086
        (later(sold, refunded=700, disputed=2200), {"commission": 0, "sale": 0}),
        (later(sold, refunded=700), {"commission": 21, "sale": 104}),
        (later(sold, refunded=2900), {"commission": 0, "sale": 0}),
        (later(sold), {"commission": 28, "sale": 139}),
    ]
    for n, (step, due) in enumerate(steps):
        await settle(db, replace(step, fetched_at=sold.fetched_at + timedelta(minutes=n)))
        posted = await entries(db, anna)
        assert sum(amount for amount, _ in posted) == due[base]
        assert all((amount > 0) is (reason == "second_tier") for amount, reason in posted)
        assert len(posted) == n + 1
    async with db.read() as session:
        assert await reconcile.disagreements(session) == []
        available = (await session.exec(select(LedgerEntry.available_at))).all()
    assert set(available) == {PAID + timedelta(days=30)}


async def test_the_terms_are_those_of_the_moment_when_the_commission_was_made(db: Database) -> None:
    """A new rate, another recruiter and switching off count for later sales only."""
    anna, jared = await set_up(db)
    await settle(db, facts(1))
    async with db.transaction() as session:
        await program.update(
            session, {"second_tier_rate_bp": 1000, "two_tier_enabled": False}, RITA
        )
    await settle(db, facts(2))
    assert await entries(db, anna) == [(28, "second_tier")]
    await settle(db, later(facts(1), refunded=2900))
    assert await entries(db, anna) == [(28, "second_tier"), (-28, "second_tier_taken_back")]
    await settle(db, later(later(facts(1))))
    assert sum(amount for amount, _ in await entries(db, anna)) == 28
    assert [share.tier2_affiliate_id for share in await shares(db)] == [jared.id]


async def test_there_is_one_level_only(db: Database) -> None:
    """Cleo was recruited by Jared, and he by Anna: her sale earns Jared a share, and Anna none."""
    anna, jared = await set_up(db)
    await join(db, "CLEO10", email="cleo@example.com", recruited_by="JARED30")
    await settle(db, facts(1, codes=("CLEO10",)))
    assert await entries(db, jared) == [(28, "second_tier")]
    assert await entries(db, anna) == []


@pytest.mark.parametrize(
    ("status", "earns"), [(Status.PAUSED, [(28, "second_tier")]), (Status.TERMINATED, [])]
)
async def test_a_paused_recruiter_earns_and_a_terminated_one_does_not(
    db: Database, status: Status, earns: list[tuple[int, str]]
) -> None:
    """As with their own commissions; what was promised before is theirs."""
    anna, _ = await set_up(db)
    async with db.transaction() as session:
        await affiliates.change_status(session, anna.id, status, "Looking into it.", RITA)
    sale = await settle(db, facts(1))
    assert await entries(db, anna) == earns
    step = sale.trace[-1]
    assert step["step"] == "second_tier"
    assert ("terminated" in step["result"]) is (not earns)


async def test_a_recruiter_earns_nothing_from_what_they_buy_themselves(db: Database) -> None:
    """Anna buys with her recruit's code, from her own address written differently."""
    anna, jared = await set_up(db)
    buyer = Customer("cus_9", "Anna+shop@example.com", {})
    sale = await settle(db, facts(1, customer=buyer))
    assert await entries(db, jared) == [(557, "commission")]
    assert await entries(db, anna) == []
    assert "own address" in sale.trace[-1]["result"]


async def test_a_sale_says_who_has_a_share_in_it_and_why(db: Database) -> None:
    """The trace and the explanation name the recruiter; else the trace says that it is off."""
    anna, _ = await set_up(db)
    await settle(db, facts(1))
    async with db.read() as session:
        found = await explain(session, "in_1")
    assert found.recruiter is not None
    assert found.recruiter.id == anna.id
    assert found.second_tier is not None
    assert found.second_tier.commission_amount_cents == 28
    assert found.sale.trace[-1]["result"] == (
        "ANNA20 recruited them, and earns 5% of the commission."
    )
    async with db.transaction() as session:
        await program.update(session, {"two_tier_enabled": False}, RITA)
    sale = await settle(db, facts(2))
    assert "two tiers are off" in sale.trace[-1]["result"]


async def test_a_statement_names_the_share_and_not_the_recruits_customer(db: Database) -> None:
    """A recruiter learns what they earned, not who bought from somebody else."""
    anna, _ = await set_up(db)
    await settle(db, facts(1), later(facts(1), refunded=2900))
    async with db.read() as session:
        posted = (await session.exec(select(LedgerEntry.created_at))).first()
        assert posted is not None
        [account] = await statement(session, anna.id, Month.of(posted))
    assert [(line.words, line.sale) for line in account.lines] == [
        ("Share of a recruit's commission", None),
        ("Share of a recruit's commission taken back", None),
    ]


async def test_reconciling_tells_of_a_share_that_somebody_changed(db: Database) -> None:
    """An amount that is neither the ledger's nor what the commission makes it is named twice."""
    await set_up(db)
    await settle(db, facts(1))
    async with db.transaction() as session:
        share = (await session.exec(select(SecondTierCommission))).one()
        share.commission_amount_cents = 2800
        session.add(share)
    async with db.read() as session:
        books, ought = await reconcile.disagreements(session)
    assert "$28.00" in books
    assert "$0.28" in books
    assert "should be $0.28" in ought
    await settle(db, later(facts(1)))
    async with db.read() as session:
        assert (await two_tier.totals(session)).popitem()[1] == 28


async def test_sales_of_two_recruits_and_their_recruiter_at_once_wait_in_no_circle(
    db: Database,
) -> None:
    """Twenty sales of five affiliates, told at the same time by several workers, all count."""
    anna, jared = await set_up(db)
    cleo = await join(db, "CLEO10", email="cleo@example.com", recruited_by="ANNA20")
    # Who joined before their recruiter stands the other way round in every order of ids.
    old = await join(db, "OLD10", email="old@example.com")
    late = await join(db, "LATE10", email="late@example.com")
    async with db.transaction() as session:
        await recruits.set_recruiter(session, old.id, "LATE10", RITA)
    codes = ["JARED30", "CLEO10", "ANNA20", "OLD10", "LATE10"]
    sold = [
        facts(1, invoice_id=f"in_{n}", codes=(codes[n % 5],), customer=buyer(n)) for n in range(20)
    ]

    async def work(mine: list[Any]) -> None:
        for one in mine:
            await settle(db, one)

    async def lock_many() -> None:
        for _ in range(10):
            async with db.transaction() as session:
                people = {anna.id, jared.id, cleo.id, old.id, late.id}
                await affiliate_rows.by_ids(session, people, lock=True)

    await asyncio.wait_for(
        asyncio.gather(*(work(sold[n::4]) for n in range(4)), lock_many()), timeout=60
    )
    assert sum(amount for amount, _ in await entries(db, anna)) == 4 * 557 + 8 * 28
    assert sum(amount for amount, _ in await entries(db, late)) == 4 * 557 + 4 * 28
    async with db.read() as session:
        assert await reconcile.disagreements(session) == []


def buyer(n: int) -> Customer:
    """One of many customers."""
    return Customer(f"cus_{n}", f"buyer{n}@example.net", {})
