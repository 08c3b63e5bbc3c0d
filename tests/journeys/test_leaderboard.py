"""A random story of clicks, sales, refunds and statuses: the leaderboard is what it comes to."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

import clock
from domain import leaderboard, program
from domain.attribution import Customer
from domain.leaderboard import Metric, Span
from domain.money import proportion
from domain.sales import InvoiceFacts
from storage import raw_sums
from storage.affiliates import Affiliate
from storage.clicks import BOT, COUNTED, REPEAT
from storage.db import Database
from tests.builders import RITA, facts, later, settle
from tests.leaderboard_builders import click, join_many, plainly, ranks

START = datetime(2026, 9, 20, 23, 30, tzinfo=UTC)
END = datetime(2026, 11, 20, tzinfo=UTC)
PEOPLE = 9


async def _live(db: Database, people: list[Affiliate], seed: int) -> None:
    """Two months in which people click, buy in two currencies, and get money back."""
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    sold: list[InvoiceFacts] = []
    for n in range(60):
        moment = START + (END - START) * n / 60
        with clock.travel(moment):
            owner = chance.randrange(PEOPLE)
            sale = facts(
                invoice_id=f"in_{seed}_{n}",
                customer=Customer(f"cus_{seed}_{chance.randrange(40)}", f"{seed}_{n}@x.net", {}),
                codes=(f"AFF{owner}",),
                cycle=1,
                currency=chance.choice(("usd", "usd", "eur")),
                paid_at=moment,
                fetched_at=moment,
            )
            await settle(db, sale)
            sold.append(sale)
            if chance.random() < 0.5:
                again = chance.randrange(len(sold))
                back = chance.choice(({"refunded": 2900}, {"refunded": 900}, {"disputed": 2900}))
                changed = later(sold[again], **back)
                sold[again] = changed
                await settle(db, changed)
            if sold and chance.random() < 0.2:
                again = chance.randrange(len(sold))
                sold[again] = later(sold[again], refunded=0, disputed=0)
                await settle(db, sold[again])
            kind = chance.choice((COUNTED, COUNTED, REPEAT, BOT))
            await click(db, people[owner].id, chance.randrange(1, 6), at=moment, kind=kind)


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_board_equals_a_plain_count_of_the_rows(db: Database, seed: int) -> None:
    """Each period by each metric, for whoever asks; also where three lived at once."""
    others = [] if db.is_sqlite else [Database(db.url.render_as_string(False)) for _ in range(2)]
    people = await join_many(db, *(f"Person {n}" for n in range(PEOPLE)))
    if others:
        await asyncio.gather(
            *(_live(one, people, 10 * seed + n) for n, one in enumerate([db, *others]))
        )
    else:
        await _live(db, people, seed)
    for one in others:
        await one.close()
    async with db.transaction() as session:
        await program.update(session, {"leaderboard_min_clicks": 5}, RITA)
        paused = await session.get(Affiliate, people[3].id)
        assert paused is not None
        paused.status = "paused"
    with clock.travel(END):
        for rebuilt in (False, True):
            if rebuilt:
                async with db.transaction() as session:
                    assert await raw_sums.differences(session) == 0
                    await raw_sums.rebuild(session)
            await _compare(db, people)


async def _compare(db: Database, people: list[Affiliate]) -> None:
    async with db.read() as session:
        settings = await program.load(session)
        seen = 0
        for span in Span:
            plain = await plainly(session, span.period(clock.now()), "usd")
            for counts in plain.values():
                counts.pop(people[3].id, None)
            plain["conversion_rate"] = {
                owner: proportion(10_000, plain["referrals"].get(owner, 0), clicks)
                for owner, clicks in plain["clicks"].items()
                if clicks >= 5
            }
            for metric in Metric:
                expected = ranks(plain[metric])
                whole = await leaderboard.board(session, settings, span, metric, limit=100)
                found = {one.affiliate.id: (one.rank, one.value) for one in whole.places}
                assert found == expected, (span, metric)
                assert [one.rank for one in whole.places] == sorted(r for r, _ in found.values())
                assert whole.ranked == len(expected)
                seen += len(found)
                for person in people:
                    if person is people[3]:
                        continue
                    board = await leaderboard.board(
                        session, settings, span, metric, limit=1, viewer=person
                    )
                    assert board.own is not None
                    assert board.own.rank == expected.get(person.id, (None, 0))[0]
        assert seen > 30


async def test_moments_count_in_their_month_to_the_last(db: Database) -> None:
    """The months of the rollups and those of the raw rows begin at the same instant, in UTC."""
    people = await join_many(db, "Ann")
    edge = datetime(2026, 11, 1, tzinfo=UTC)
    for n, moment in enumerate((edge - timedelta(microseconds=1), edge)):
        await click(db, people[0].id, 1 + n, at=moment)
        with clock.travel(moment):
            await settle(
                db,
                facts(
                    invoice_id=f"in_{n}",
                    customer=Customer(f"cus_{n}", f"{n}@example.net", {}),
                    codes=("AFF0",),
                    cycle=1,
                    paid_at=moment,
                    fetched_at=moment,
                ),
            )
    async with db.read() as session:
        assert await raw_sums.differences(session) == 0
        for period, clicks in (("2026-10", 1), ("2026-11", 2)):
            plain = await plainly(session, period, "usd")
            assert plain["clicks"] == {people[0].id: clicks}
            assert plain["referrals"] == {people[0].id: 1}
