"""The weekly summary and the monthly statements: each once, whoever is up, whatever was down."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

import clock
from domain import digest, program, subscriptions
from domain.digest import Week
from domain.errors import NotFoundError
from domain.statement_mails import AT_ONCE
from domain.subscriptions import STATEMENTS
from scheduled.digest import mail_statements, post
from scheduled.scheduler import WATCHES, look
from storage.affiliates import Affiliate
from storage.db import Database
from storage.statement_mails import StatementMail
from tests.builders import (
    PAID,
    RITA,
    effects_asked_for,
    facts,
    join,
    later,
    mails_asked_for,
    settle,
)
from tests.leaderboard_builders import join_many, sell

MONDAY = datetime(2026, 11, 9, 8, tzinfo=UTC)
FIRST = datetime(2026, 12, 1, 9, tzinfo=UTC)
_POST = next(one for one in WATCHES if one.work is post)
_MAIL = next(one for one in WATCHES if one.work is mail_statements)


async def posted(db: Database) -> list[str]:
    """The weeks that were ever asked to be posted."""
    return [one.payload["week"] for one in await effects_asked_for(db) if one.kind == "card.digest"]


async def statements(db: Database) -> list[str]:
    """Whom a statement was ever mailed to."""
    return sorted(to for what, to in await mails_asked_for(db) if what == "monthly_statement")


async def everybody(db: Database, watch: object, moment: datetime, times: int = 1) -> None:
    """Three processes look at the same moment; on SQLite there is but one."""
    others = [] if db.is_sqlite else [Database(db.url.render_as_string(False)) for _ in range(2)]
    with clock.travel(moment):
        for _ in range(times):
            await asyncio.gather(*(look(one, watch) for one in [db, *others]))  # type: ignore[arg-type]
    for one in others:
        await one.close()


async def test_a_week_is_posted_once_from_its_monday_morning_on(db: Database) -> None:
    """By whichever process; and not before eight o'clock where the program lives."""
    with clock.travel(PAID):
        await join(db)
    await everybody(db, _POST, MONDAY - timedelta(minutes=1))
    assert await posted(db) == []
    await everybody(db, _POST, MONDAY, times=3)
    assert await posted(db) == ["2026-W45"]
    await everybody(db, _POST, MONDAY + timedelta(days=6))
    assert await posted(db) == ["2026-W45"]
    async with db.transaction() as session:
        await program.update(session, {"time_zone": "America/New_York"}, RITA)
    await everybody(db, _POST, MONDAY + timedelta(days=7, hours=4))
    assert await posted(db) == ["2026-W45"]
    await everybody(db, _POST, MONDAY + timedelta(days=7, hours=5))
    assert await posted(db) == ["2026-W45", "2026-W46"]


async def test_after_an_outage_only_the_latest_week_is_posted(db: Database) -> None:
    """Not three; and none from before there was anybody."""
    with clock.travel(MONDAY):
        await join(db)
    await everybody(db, _POST, MONDAY + timedelta(hours=1))
    assert await posted(db) == []
    await everybody(db, _POST, MONDAY + timedelta(days=24, hours=5))
    assert await posted(db) == ["2026-W48"]


async def test_a_week_is_counted_beside_the_one_before(db: Database) -> None:
    """Sales of its days alone; what is owed and waits is as it is now."""
    with clock.travel(PAID):
        await join_many(db, "Ann", "Bob")
    for days, code, count in ((-3, "AFF0", 1), (0, "AFF0", 2), (1, "AFF1", 1), (9, "AFF1", 1)):
        moment = datetime(2026, 11, 2, 1, tzinfo=UTC) + timedelta(days=days)
        with clock.travel(moment):
            for n in range(count):
                await sell(db, code, 1, paid_at=moment, invoice_id=f"in_{days}_{n}")
    async with db.read() as session:
        seen = await digest.digest(session, Week.named("2026-W45"))
    assert (seen.this.sales, seen.before.sales) == (3, 1)
    assert seen.this.commissions == {"usd": 3 * 557}
    assert (seen.course.credited[:3], sum(seen.course.credited)) == ([2, 1, 0], 3)
    assert [(one.affiliate.promo_code, one.sales) for one in seen.top] == [("AFF0", 2), ("AFF1", 1)]
    assert seen.owed == {"usd": 5 * 557}
    assert (seen.queue, seen.parked, seen.leaks, seen.cases) == (0, 0, 0, 0)


def test_weeks_are_those_of_the_calendar() -> None:
    """Also around a new year; what is no week is refused."""
    new_year = Week.of(datetime(2027, 1, 1, tzinfo=UTC))
    assert (str(new_year), str(new_year.before())) == ("2026-W53", "2026-W52")
    assert new_year.words == "Week 53, 28 December to 3 January 2027"
    assert Week.named("2026-W53") == new_year
    for name in ("2026-W60", "2025-W53", "x", "", "2026-W4\x00"):
        with pytest.raises(NotFoundError):
            Week.named(name)


async def test_a_statement_goes_once_to_whoever_had_anything(db: Database) -> None:
    """A movement or a balance; not to those who refuse it, nor to who has left."""
    november = {"paid_at": PAID, "invoice_id": ""}
    with clock.travel(PAID):
        people = await join_many(db, "Mover", "Nothing", "Refuses", "Left", "Paused")
        for n in (0, 2, 3, 4):
            await sell(db, f"AFF{n}", 1, **november | {"invoice_id": f"in_{n}"})
        async with db.transaction() as session:
            await subscriptions.unsubscribe(session, people[2].id, STATEMENTS, RITA)
            for n, status in ((3, "terminated"), (4, "paused")):
                found = await session.get(Affiliate, people[n].id)
                assert found is not None
                found.status = status
    await everybody(db, _MAIL, FIRST - timedelta(minutes=1))
    assert await statements(db) == []
    await everybody(db, _MAIL, FIRST, times=3)
    assert await statements(db) == ["aff0@example.com", "aff4@example.com"]
    await everybody(db, _MAIL, FIRST + timedelta(days=20))
    assert len(await statements(db)) == 2
    # In January there is still a balance, and after an outage of months one statement.
    await everybody(db, _MAIL, FIRST + timedelta(days=64), times=2)
    assert len(await statements(db)) == 4
    async with db.read() as session:
        months = {one.month for one in (await session.exec(select(StatementMail))).all()}
    assert months == {"2026-11", "2027-01"}


async def test_it_is_morning_where_they_live(db: Database) -> None:
    """A month ends in UTC; nobody is woken for it."""
    with clock.travel(PAID):
        people = await join_many(db, "East", "West", "Nowhere")
        for n in range(3):
            await sell(db, f"AFF{n}", 1, invoice_id=f"in_{n}")
        async with db.transaction() as session:
            for n, zone in enumerate(("Pacific/Kiritimati", "America/Los_Angeles", "No/Where")):
                found = await session.get(Affiliate, people[n].id)
                assert found is not None
                found.time_zone = zone
    midnight = FIRST - timedelta(hours=9)
    for hours, count in ((-1, 0), (0, 1), (8, 1), (9, 2), (16, 2), (17, 3)):
        await everybody(db, _MAIL, midnight + timedelta(hours=hours))
        assert len(await statements(db)) == count, hours


async def test_many_are_mailed_in_parts(db: Database) -> None:
    """So that nobody waits for the writer for long; nobody is forgotten."""
    with clock.travel(PAID):
        await join(db)
        await settle(db, facts(), later(facts(), refunded=2900))
        async with db.transaction() as session:
            for n in range(AT_ONCE + 3):
                session.add(
                    Affiliate(
                        reference=f"aff_{n}",
                        status="approved",
                        email=f"{n}@example.com",
                        email_key=f"{n}@example.com",
                        promo_code=f"X{n}",
                    )
                )
    with clock.travel(FIRST):
        await look(db, _MAIL)
    async with db.read() as session:
        assert len((await session.exec(select(StatementMail))).all()) == AT_ONCE
    await everybody(db, _MAIL, FIRST, times=2)
    async with db.read() as session:
        assert len((await session.exec(select(StatementMail))).all()) == AT_ONCE + 4
    assert await statements(db) == ["jared@example.com"]
