"""Random stories at Stripe, heard of in any order, twice, or not at all: the balance is right.

The model is plain arithmetic over what was done, by other code than the one that is tested.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

import clock
from scheduled.reconcile import LOOK_BACK, reconcile
from storage import migrate
from storage.db import Database
from storage.ids import new_id
from storage.ledger import LedgerEntry
from tests.builders import join
from tests.postgres import PostgresServer
from tests.shop import Shop, open_shop, subscription_of

WORDS = ("buy", "renew", "renew", "refund", "bounce", "dispute", "decide", "lose")
PRICE, OFF = 2900, 870
RATE = Fraction(2000, 10000)

Entry = tuple[str, int, str, str, str]


@dataclass
class Payment:
    """What the model remembers of one paid invoice, in cents."""

    invoice: dict[str, Any]
    amount: int
    cycle: int
    credited: bool
    refunded: int = 0
    held: int = 0
    dispute: str = ""
    refunds: list[tuple[str, int]] = field(default_factory=list)

    def commission(self) -> int:
        """A fifth of what is left after the fee, for the first two cycles of a credited buyer."""
        if not self.credited or self.cycle > 2:
            return 0
        fee = floor(Fraction(self.amount * 29, 1000) + Fraction(1, 2)) + 30
        left = max(self.amount - fee - self.refunded - self.held, 0)
        return floor(left * RATE + Fraction(1, 2))


@dataclass(frozen=True)
class Step:
    """One thing that happens: what, to whom, and how much of it."""

    what: str
    whom: int
    part: int


STEPS = st.builds(
    Step,
    st.sampled_from(WORDS),
    st.integers(0, 3),
    st.integers(1, 100),
)


class World:
    """Plays steps at Stripe and keeps the model beside it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.payments: list[list[Payment]] = []

    async def play(self, step: Step) -> None:
        """Do one step, if the story has come to where it can be done."""
        if step.what == "buy":
            await self._buy(credited=step.part % 4 > 0)
            return
        if not self.payments:
            return
        of_one = self.payments[step.whom % len(self.payments)]
        payment = of_one[step.part % len(of_one)]
        await getattr(self, f"_{step.what}")(of_one, payment, step.part)

    async def _buy(self, *, credited: bool) -> None:
        code = "JARED30" if credited else None
        email = f"buyer{len(self.payments)}@example.net"
        invoice = await self.shop.account.buy(email=email, promotion_code=code)
        amount = PRICE - OFF if credited else PRICE
        self.payments.append([Payment(invoice, amount, 1, credited)])

    async def _renew(self, of_one: list[Payment], _payment: Payment, _part: int) -> None:
        invoice = await self.shop.account.renew(subscription_of(of_one[0].invoice))
        of_one.append(Payment(invoice, PRICE, len(of_one) + 1, of_one[0].credited))

    async def _refund(self, _of_one: list[Payment], payment: Payment, part: int) -> None:
        cents = (payment.amount - payment.refunded) * part // 100
        if cents < 1 or payment.dispute:
            return
        refund = await self.shop.account.refund(payment.invoice["id"], cents)
        payment.refunded += cents
        payment.refunds.append((refund["id"], cents))

    async def _bounce(self, _of_one: list[Payment], payment: Payment, _part: int) -> None:
        if payment.refunds:
            refund, cents = payment.refunds.pop()
            await self.shop.account.fail_refund(refund)
            payment.refunded -= cents

    async def _dispute(self, _of_one: list[Payment], payment: Payment, part: int) -> None:
        cents = (payment.amount - payment.refunded) * part // 100
        if cents < 1 or payment.dispute:
            return
        payment.held = cents
        disputed = await self.shop.account.dispute(payment.invoice["id"], cents)
        payment.dispute = disputed["id"]

    async def _decide(self, _of_one: list[Payment], payment: Payment, _part: int) -> None:
        await self._close(payment, won=True)

    async def _lose(self, _of_one: list[Payment], payment: Payment, _part: int) -> None:
        await self._close(payment, won=False)

    async def _close(self, payment: Payment, *, won: bool) -> None:
        status = payment.dispute and self.shop.account.objects.get("dispute", payment.dispute)
        if not status or status["status"] in {"won", "lost"}:
            return
        await self.shop.account.decide(payment.dispute, won=won)
        payment.held = 0 if won else payment.held

    def owed(self) -> int:
        """What the model says that the affiliate has earned."""
        return sum(payment.commission() for of_one in self.payments for payment in of_one)


async def entries(db: Database) -> list[Entry]:
    """The whole ledger."""
    async with db.read() as session:
        found = (await session.exec(select(LedgerEntry).order_by(col(LedgerEntry.id)))).all()
    return [
        (str(one.id), one.amount, one.reason, one.source, one.available_at.isoformat())
        for one in found
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


async def live_through(
    db: Database,
    steps: Sequence[Step],
    chance: random.Random,
    colleagues: Sequence[Database] = (),
) -> None:
    """Play a story, hear of it as chance will have it, reconcile, and compare with the model."""
    await migrate.upgrade(db)
    await join(db)
    async with open_shop(db, delivering=False, colleagues=colleagues) as shop:
        await shop.carry_out()
        world, told, before = World(shop), 0, await entries(db)
        for step in steps:
            await world.play(step)
            if chance.random() < 0.4:
                told = await tell(shop, told, chance)
            if chance.random() < 0.2:
                await shop.quiet()
                now = await entries(db)
                assert now[: len(before)] == before
                before = now
        await tell(shop, told, chance)
        await shop.quiet()
        gateway = shop.services.stripe
        assert gateway is not None
        await reconcile(db, gateway, clock.now() - LOOK_BACK)
        after = await entries(db)
        assert after[: len(before)] == before
        assert sum(amount for _, amount, *_ in after) == world.owed()
        again = await reconcile(db, gateway, clock.now() - LOOK_BACK)
        assert again.differences == ()
        assert [event.last_error for event in await shop.events() if event.parked_at] == []


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=3, max_size=14), seed=st.integers(0, 2**32))
def test_the_balance_is_the_models_whatever_is_heard_when(
    tmp_path: Path, steps: list[Step], seed: int
) -> None:
    """Every story ends with the same cents, and no entry of the ledger ever changes."""

    async def story() -> None:
        db = Database(f"sqlite+aiosqlite:///{tmp_path}/{new_id()}.db")
        try:
            await live_through(db, [Step("buy", 0, 1), *steps], random.Random(seed))  # noqa: S311 - chance, not secrecy
        finally:
            await db.close()

    asyncio.run(story())


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database, made outside of the event loop."""
    with postgres.database() as url:
        yield url


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_four_workers_at_once_on_postgresql_end_the_same(
    postgres_url: str, seed: int
) -> None:
    """Long stories whose events four processes handle beside each other."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    steps = [
        Step(chance.choice(WORDS), chance.randrange(4), chance.randrange(1, 100)) for _ in range(25)
    ]
    db, *colleagues = (Database(postgres_url) for _ in range(4))
    try:
        await live_through(db, [Step("buy", 0, 1), *steps], chance, colleagues)
    finally:
        for one in (db, *colleagues):
            await one.close()
