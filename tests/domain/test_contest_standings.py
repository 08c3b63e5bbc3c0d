"""Who leads: from referrals and commissions, ties by who got there first, and always the same."""

import json
import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlmodel import select

import clock
from domain import affiliates, contest_winners
from domain.statuses import Status
from storage import contest_standings as rows
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.contests import EARNINGS, REFERRALS, Contest
from storage.db import Database
from storage.referrals import Referral
from storage.sales import Sale
from tests.builders import RITA, later, settle
from tests.contest_builders import (
    BEFORE,
    CODES,
    END,
    HOUR,
    START,
    buy,
    make_contest,
    move,
    places,
    ranked,
    three,
)


async def race(db: Database, **changes: Any) -> Contest:
    """A contest that runs."""
    with clock.travel(BEFORE):
        contest = await make_contest(db, **changes)
    with clock.travel(START):
        await move(db)
    return contest


async def test_only_what_was_paid_while_it_ran_counts(db: Database) -> None:
    """From the first moment on, up to before the last."""
    await three(db)
    contest = await race(db)
    for n, at in enumerate((START - timedelta(seconds=1), START, END - HOUR, END)):
        await buy(db, "AMY30", n, at)
    assert await ranked(db, contest) == [("Amy", 2)]


async def test_a_payment_of_the_second_in_which_it_begins_counts(db: Database) -> None:
    """Begun by hand in the middle of a second; payments are told by the second."""
    await three(db)
    with clock.travel(START + timedelta(milliseconds=700)):
        contest = await make_contest(db, start_date=None)
    await buy(db, "AMY30", 1, START)
    await buy(db, "BEN30", 1, START - timedelta(seconds=1))
    assert await ranked(db, contest) == [("Amy", 1)]


async def test_of_two_with_as_much_the_first_there_leads(db: Database) -> None:
    """What was brought later moves somebody up only when it is more."""
    await three(db)
    contest = await race(db)
    await buy(db, "BEN30", 1, START + HOUR)
    await buy(db, "AMY30", 1, START + 2 * HOUR)
    assert await ranked(db, contest) == [("Ben", 1), ("Amy", 1)]
    await buy(db, "AMY30", 2, START + 3 * HOUR)
    await buy(db, "BEN30", 2, START + 4 * HOUR)
    assert await ranked(db, contest) == [("Amy", 2), ("Ben", 2)]
    # A sale that is heard of late counts by when it was paid.
    await buy(db, "CAT30", 1, START)
    await buy(db, "CAT30", 2, START + HOUR)
    assert await ranked(db, contest) == [("Cat", 2), ("Amy", 2), ("Ben", 2)]


async def test_at_the_very_same_moment_the_longer_member_leads(db: Database) -> None:
    """So that no place is ever shared, and none depends on chance."""
    await three(db)
    contest = await race(db)
    for code in reversed(CODES):
        await buy(db, code, 1, START + HOUR)
    assert [name for name, _ in await ranked(db, contest)] == ["Amy", "Ben", "Cat"]


async def test_what_is_refunded_counts_no_more_and_gives_its_moment_back(db: Database) -> None:
    """Whoever falls back to what another has is where that one was reached."""
    await three(db)
    contest = await race(db)
    await buy(db, "AMY30", 1, START + 2 * HOUR)
    await buy(db, "BEN30", 1, START + HOUR)
    last = await buy(db, "BEN30", 2, START + 3 * HOUR)
    assert await ranked(db, contest) == [("Ben", 2), ("Amy", 1)]
    await settle(db, later(last, refunded=last.collected))
    assert await ranked(db, contest) == [("Ben", 1), ("Amy", 1)]


async def test_earnings_are_net_of_what_was_taken_back(db: Database) -> None:
    """In the program's currency, renewals too; a debt is no place."""
    await three(db)
    contest = await race(db, metric=EARNINGS)
    await buy(db, "AMY30", 1, START + HOUR, collected=10_000, fee=0)
    big = await buy(db, "BEN30", 1, START + HOUR, collected=50_000, fee=0)
    await buy(db, "CAT30", 1, START + HOUR, collected=90_000, fee=0, currency="eur")
    assert await ranked(db, contest) == [("Ben", 10_000), ("Amy", 2000)]
    await settle(db, later(big, refunded=45_000))
    assert await ranked(db, contest) == [("Amy", 2000), ("Ben", 1000)]
    await settle(db, later(later(big), refunded=50_000))
    assert await ranked(db, contest) == [("Amy", 2000)]


@pytest.mark.parametrize("status", [Status.PAUSED, Status.TERMINATED])
async def test_who_is_not_approved_has_no_place(db: Database, status: Status) -> None:
    """And those behind move up; who is let in again is back."""
    amy, *_ = await three(db)
    contest = await race(db)
    for code in ("AMY30", "BEN30"):
        await buy(db, code, 1, START + HOUR)
    async with db.transaction() as session:
        await affiliates.change_status(session, amy.id, status, "Looks odd.", RITA)
    assert await ranked(db, contest) == [("Ben", 1)]
    assert (await places(db, contest, own=amy.id)).own is None
    if status is Status.PAUSED:
        async with db.transaction() as session:
            await affiliates.change_status(session, amy.id, Status.APPROVED, "", RITA)
        assert [name for name, _ in await ranked(db, contest)] == ["Amy", "Ben"]


async def test_who_is_disqualified_has_no_place_in_this_contest_alone(db: Database) -> None:
    """Also while it runs; a second one by earnings does not know of it."""
    amy, *_ = await three(db)
    contest, other = await race(db), await race(db, name="Money", metric=EARNINGS)
    for code in ("AMY30", "BEN30"):
        await buy(db, code, 1, START + HOUR)
    with clock.travel(START + 2 * HOUR):
        async with db.transaction() as session:
            await contest_winners.disqualify(session, contest.id, amy.id, "Own sales.", RITA)
    assert [name for name, _ in await ranked(db, contest)] == ["Ben"]
    assert [name for name, _ in await ranked(db, other)] == ["Amy", "Ben"]
    async with db.transaction() as session:
        await contest_winners.readmit(session, contest.id, amy.id, RITA)
    assert [name for name, _ in await ranked(db, contest)] == ["Amy", "Ben"]


async def test_the_own_place_is_told_however_far_down(db: Database) -> None:
    """Beside the first ones, with how many there are."""
    *_, cat = await three(db)
    contest = await race(db)
    for n, code in enumerate(CODES):
        for each in range(3 - n):
            await buy(db, code, each, START + HOUR)
    found = await places(db, contest, limit=1, own=cat.id)
    assert [each.affiliate.display_name for each in found.first] == ["Amy"]
    assert found.own is not None
    assert (found.own.place, found.own.value, found.places) == (3, 1, 3)


def plainly(
    contest: Contest, seen: list[tuple[UUID, int, datetime]], members: dict[UUID, Affiliate]
) -> list[tuple[UUID, int]]:
    """The standings, added up one row after the other."""
    value: dict[UUID, int] = defaultdict(int)
    reached: dict[UUID, datetime] = {}
    for who, amount, at in seen:
        if contest.start_date <= at < contest.end_date and amount:
            value[who] += amount
            reached[who] = max(reached.get(who, at), at)
    among = [who for who in value if members[who].status == Status.APPROVED]
    order = sorted(among, key=lambda who: (-value[who], reached[who], str(who)))
    return [(who, value[who]) for who in order]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_standings_are_what_plain_adding_up_gives(db: Database, seed: int) -> None:
    """Over random sales, refunds and pauses, for both counts."""
    chance = random.Random(seed)  # noqa: S311 - a story to be told again
    amy, *_ = await three(db)
    contests = [await race(db), await race(db, name="Money", metric=EARNINGS)]
    for n in range(18):
        at = START + chance.randrange(-40, 720) * HOUR
        sale = await buy(db, chance.choice(CODES), n, at, collected=chance.choice((2900, 9900)))
        if chance.random() < 0.3:
            await settle(db, later(sale, refunded=chance.choice((1000, sale.collected))))
    if chance.random() < 0.5:
        async with db.transaction() as session:
            await affiliates.change_status(session, amy.id, Status.PAUSED, "Odd.", RITA)
    async with db.read() as session:
        members = {each.id: each for each in (await session.exec(select(Affiliate))).all()}
        earned = [
            (commission.affiliate_user_id, commission.amount_cents, sale.paid_at)
            for commission, sale in await session.exec(
                select(Commission, Sale).where(Commission.sale_id == Sale.id)
            )
        ]
        brought = [
            (each.affiliate_user_id, 1, each.converted_at)
            for each in (await session.exec(select(Referral))).all()
            if each.counted and each.converted_at
        ]
    for contest, seen in zip(contests, (brought, earned), strict=True):
        found = await places(db, contest)
        assert [(each.affiliate.id, each.value) for each in found.first] == plainly(
            contest, seen, members
        )


async def test_standings_read_the_contest_s_own_days_and_no_more(db: Database) -> None:
    """With 6,000 sales on the books, those outside of the contest are not walked through."""
    await fill(db)
    for metric in (REFERRALS, EARNINGS):
        contest = await race(db, metric=metric, end_date=START + timedelta(days=2))
        assert not await walked_through(db, contest), metric


async def walked_through(db: Database, contest: Contest) -> list[str]:
    """The big tables that the contest's standings read from end to end."""
    async with db.read() as session:
        places_now = rows._places(contest, Status.APPROVED)  # noqa: SLF001 - for its plan
        statement: Any = sa.select(places_now)
        compiled = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        prefix = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN (FORMAT JSON) "
        connection = await session.connection()
        plan: list[Any] = list(
            (await connection.exec_driver_sql(f"{prefix}{compiled}".replace("%", "%%"))).all()
        )
    big = ("sales", "affiliate_commissions", "affiliate_referrals")
    if db.is_sqlite:
        walked = [row[3] for row in plan if row[3].startswith("SCAN")]
        return [each for each in walked if any(f" {name}" in f" {each}" for name in big)]
    found = plan[0][0] if isinstance(plan[0][0], list) else json.loads(plan[0][0])
    return [name for name in seq_scans(found[0]["Plan"]) if name in big]


def seq_scans(node: dict[str, Any]) -> list[str]:
    """The tables that a plan reads from end to end."""
    own = [node["Relation Name"]] if node["Node Type"] == "Seq Scan" else []
    return own + [each for child in node.get("Plans", ()) for each in seq_scans(child)]


async def fill(db: Database) -> None:
    """A sale every three hours or so, for years, each with its referral and commission."""
    amy, *_ = await three(db)
    sale = Sale(
        invoice_id="",
        customer_id="",
        affiliate_user_id=amy.id,
        currency="usd",
        collected=2900,
        paid_at=START,
        facts_at=START,
    ).model_dump()
    commission = Commission(
        sale_id=amy.id,
        affiliate_user_id=amy.id,
        rate_bp=2000,
        base="net",
        cycle=1,
        attributed_by="code",
        amount_cents=580,
        currency="usd",
        available_at=START,
    ).model_dump()
    referral = Referral(
        affiliate_user_id=amy.id, customer_id="", first_sale=True, counted=True
    ).model_dump()
    sales, commissions, referrals = [], [], []
    for n in range(6000):
        at, own = START + timedelta(days=30) - n * timedelta(hours=3), UUID(int=3 * n + 1)
        named = {"invoice_id": f"in_{n}", "customer_id": f"cus_{n}"}
        sales.append(sale | named | {"id": own, "paid_at": at, "facts_at": at})
        earned = {"id": UUID(int=3 * n + 2), "sale_id": own, "available_at": at}
        commissions.append(commission | earned)
        brought = {"id": UUID(int=3 * n + 3), "customer_id": f"cus_{n}", "converted_at": at}
        referrals.append(referral | brought)
    async with db.transaction() as session:
        connection = await session.connection()
        for table, found in ((Sale, sales), (Commission, commissions), (Referral, referrals)):
            await connection.execute(sa.insert(table), found)
    if not db.is_sqlite:  # which has nobody who does it by itself
        async with db.transaction() as session:
            await (await session.connection()).execute(text("ANALYZE"))
