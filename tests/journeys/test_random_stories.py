"""Random stories at Stripe and at the desk, heard of in any order, twice, or not at all.

However they are heard of, the balance is right. The model is plain arithmetic over what was done,
by other code than the one that is tested.
"""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlmodel import select

import clock
from domain.statements import Month, statement
from domain.stats import report
from storage import referrals, two_tier
from storage.db import Database
from storage.ids import new_id
from storage.ledger import balances
from storage.payouts import Payout
from tests.builders import affiliate_now, join
from tests.journeys.story_world import WORDS, Days, Entry, Step, World, entries
from tests.shop import Shop, open_shop

HOLDS = (0, 0, 3)
STEPS = st.builds(
    Step,
    st.sampled_from(WORDS),
    st.integers(0, 3),
    st.integers(1, 100),
)
NEEDED = {
    "payout",
    "payout of the model's amount",
    "two asked at once",
    "approved by two",
    "rejection",
    "paid by hand",
    "transfer",
    "refused transfer",
    "whole reversal",
    "part of a reversal",
    "reversal behind a newer payout",
    "clawback after a payout",
    "debt that stops a payout",
    "debt at the end",
    "share of a recruiter",
    "share taken back",
    "sales with shares under several terms",
}
"""What has to come about in some story, or the stories prove nothing."""


def beginning(chance: random.Random) -> list[Step]:
    """A few sales and a way to be paid, so that the story has something to go on with."""
    promise = Step("promise", 0, chance.randrange(1, 100))
    return [promise, *([Step("buy", 0, 1)] * 3), Step("choose", 0, chance.randrange(1, 100))]


def one_life() -> list[Step]:
    """A story in which all that is needed comes about, so that chance may bring what it likes."""
    sales = [Step("buy", 0, 1)] * 3
    by_hand, by_transfer, nowhere = (Step("choose", 0, part) for part in (6, 1, 5))
    ask, both, pay = (Step(what, 0, 3) for what in ("ask", "approve", "pay"))
    wait, done = Step("wait", 0, 11), Step("carry_out", 0, 3)
    refunds = [Step("refund", buyer, 100) for buyer in range(4)]
    reversal, rest = Step("reverse", 0, 50), Step("reverse", 0, 3)
    return [
        *(*sales, wait, by_hand, ask, both, pay, refunds[0], ask),
        *(Step("promise", 0, 1), *sales, wait, by_transfer, ask, both, done, reversal),
        *(Step("promise", 0, 2), Step("refund", 6, 100), Step("refund", 7, 50)),
        *(*sales, wait, ask, rest, Step("reject", 0, 1)),
        *(nowhere, ask, both, done, by_hand, ask, both, pay, *refunds[1:]),
    ]


def heard(events: list[dict[str, Any]], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Some of the events, some of them twice, in any order."""
    chosen = [event for event in events for _ in range(chance.choice((0, 1, 1, 2)))]
    chance.shuffle(chosen)
    yield from chosen


async def tell(shop: Shop, told: int, chance: random.Random) -> int:
    """Deliver what is new at Stripe since `told` events; returns how many there are now."""
    events = list(shop.account.objects.newest_first("event"))[::-1]
    for n, event in enumerate(heard(events[told:], chance)):
        await shop.hear(event, external_id=f"{event['id']}_{told}_{n}")
    return len(events)


async def compare(db: Database, world: World) -> None:
    """Everything that the desk shows of the money is what the model says."""
    books, jared = world.books, world.affiliate.id
    free, held = books.shares()
    async with db.read() as session:
        shown = (await report(session)).lines
        found = (await session.exec(select(Payout))).all()
        anna = await two_tier.recruiter_of(session, jared)
        assert anna is not None
        shares = list((await balances(session, anna, clock.now())).values())
        counted = await referrals.converted(session)
        miscounted = await referrals.miscounted(session)
        month, last, closing = Month.of(world.days.begin), Month.of(clock.now()), 0
        while month.start <= last.start:
            for account in await statement(session, jared, month):
                assert account.opening == closing
                assert closing + sum(line.entry.amount for line in account.lines) == account.closing
                closing = account.closing
            month = month.after()
    assert shares in ([(free, held)], [] if (free, held) == (0, 0) else None)
    figures = [
        (books.available(), books.pending(), books.reserved(), books.paid()),
        (free, held, 0, 0),
    ]
    assert sorted((one.available, one.pending, one.under_way, one.paid) for one in shown) == sorted(
        each for each in figures if any(each)
    )
    assert closing == books.available() + books.pending()
    assert counted.get(jared, 0) == books.converted()
    assert miscounted == []
    assert {str(one.id): (one.amount_cents, one.status) for one in found} == {
        each.id: (each.cents, each.status) for each in books.withdrawals
    }
    assert (await affiliate_now(db, jared)).payout_status == books.shown()


def compare_movements(ledger: Sequence[Entry], world: World) -> None:
    """Each payout took its amount once, and what came back of it was never more."""
    for each in world.books.withdrawals:
        source = f"payout:{each.id}"
        moved = [entry.amount for entry in ledger if entry.source.startswith(source)]
        back = each.cents if each.status in {"rejected", "failed"} else each.back
        assert [amount for amount in moved if amount < 0] == [-each.cents]
        assert sum(amount for amount in moved if amount > 0) == back
        taken = next(n for n, entry in enumerate(ledger) if entry.source == source)
        world.seen["clawback after a payout"] += each.status == "paid" and any(
            entry.reason == "clawback" for entry in ledger[taken:]
        )
    shares = [entry for entry in ledger if entry.reason.startswith("second_tier")]
    assert all((one.amount > 0) is (one.reason == "second_tier") for one in shares)
    world.seen["share of a recruiter"] += any(one.amount > 0 for one in shares)
    world.seen["share taken back"] += any(one.amount < 0 for one in shares)
    paid = [each for of_one in world.books.buyers for each in of_one if each.share()]
    world.seen["sales with shares under several terms"] += len({each.promised for each in paid}) > 1
    world.seen["debt at the end"] += world.books.available() < 0


async def live_through(
    db: Database,
    steps: Sequence[Step],
    chance: random.Random,
    colleagues: Sequence[Database] = (),
) -> Counter[str]:
    """Play a story, hear of it as chance will have it, reconcile, and compare with the model.

    Returns how often what came about in it.
    """
    await join(db, "ANNA20", email="anna@example.com")
    jared, days = await join(db, recruited_by="ANNA20"), Days()
    with days.in_force():
        async with open_shop(db, delivering=False, colleagues=colleagues) as shop:
            await shop.carry_out()
            world = World(shop, jared, days, chance.choice(HOLDS), (db, *colleagues))
            await world.begin()
            told, before = 0, set[Entry]()
            for step in steps:
                await world.play(step)
                if chance.random() < 0.4:
                    told = await tell(shop, told, chance)
                if chance.random() < 0.2:
                    await shop.quiet()
                    now = set(await entries(db))
                    assert before <= now
                    before = now
            await tell(shop, told, chance)
            await world.reconcile()
            ledger = await entries(db)
            assert before <= set(ledger)
            await compare(db, world)
            compare_movements(ledger, world)
            assert await world.reconcile() == ()
            assert await entries(db) == ledger
            assert [event.last_error for event in await shop.events() if event.parked_at] == []
    return world.seen


def test_the_balance_is_the_models_whatever_is_heard_when(
    shaped_file: Path, tmp_path: Path
) -> None:
    """Every story ends with the same cents, and no entry of the ledger ever changes."""
    seen = Counter[str]()

    async def story(steps: list[Step], chance: random.Random) -> Counter[str]:
        file = shutil.copy(shaped_file, tmp_path / f"{new_id()}.db")
        db = Database(f"sqlite+aiosqlite:///{file}")
        try:
            return await live_through(db, [*beginning(chance), *steps], chance)
        finally:
            await db.close()

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(steps=st.lists(STEPS, min_size=10, max_size=36), seed=st.integers(0, 2**32))
    @example(steps=one_life(), seed=1)
    def stories(steps: list[Step], seed: int) -> None:
        seen.update(asyncio.run(story(steps, random.Random(seed))))  # noqa: S311 - chance, not secrecy

    stories()
    assert [what for what in sorted(NEEDED) if not seen[what]] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_four_workers_at_once_on_postgresql_end_the_same(
    migrated_postgresql_url: str, seed: int
) -> None:
    """Long stories whose events four processes handle beside each other."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    steps = [
        Step(chance.choice(WORDS), chance.randrange(4), chance.randrange(1, 100)) for _ in range(25)
    ]
    db, *colleagues = (Database(migrated_postgresql_url) for _ in range(4))
    try:
        seen = await live_through(db, [*beginning(chance), *one_life(), *steps], chance, colleagues)
    finally:
        for one in (db, *colleagues):
            await one.close()
    assert [what for what in sorted(NEEDED - {"debt at the end"}) if not seen[what]] == []
