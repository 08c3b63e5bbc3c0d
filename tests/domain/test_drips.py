"""The mails of the first weeks: who gets which, and when."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlmodel import col, select

import clock
from domain import affiliates, drips, program, subscriptions
from domain.drip_defaults import DEFAULTS
from domain.drip_texts import Text
from domain.drips import STEPS
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from domain.subscriptions import TIPS
from storage.affiliates import Affiliate
from storage.audit import AuditLine
from storage.db import Database
from storage.drips import SENT, SKIPPED, DripLog
from tests.builders import RITA, effects_asked_for, join

APPROVED = datetime(2026, 11, 21, 14, tzinfo=UTC)
OWN = Text("Mine, {name}", "Look", "Hello {name}.")


async def newcomer(db: Database, *, zone: str = "", at: datetime = APPROVED, n: int = 0) -> UUID:
    """Somebody approved at a moment, who lives somewhere."""
    with clock.travel(at):
        joined = await join(db, f"ANNA{n}", email=f"n{n}@example.com")
    async with db.transaction() as session:
        found = await session.get(Affiliate, joined.id)
        assert found is not None
        found.time_zone = zone
    return joined.id


async def look(db: Database, at: datetime) -> int:
    """One look of one scheduler at a moment."""
    with clock.travel(at):
        async with db.transaction() as session:
            return await drips.send_due(session)


async def mailed(db: Database) -> list[str]:
    """The steps that were mailed so far, in their order."""
    mails = [one.payload for one in await effects_asked_for(db) if one.kind == "mail"]
    return [mail["context"]["step"] for mail in mails if mail["template"] == "drip"]


async def log(db: Database) -> dict[str, str]:
    """The steps that are decided, by name."""
    async with db.read() as session:
        return {row.step: row.status for row in (await session.exec(select(DripLog))).all()}


async def test_two_weeks_of_somebody(db: Database) -> None:
    """Looked at every hour, each mail comes once, on its day, at nine where they live."""
    await newcomer(db, zone="America/New_York")
    zone, seen = ZoneInfo("America/New_York"), []
    for hour in range(24 * 25):
        now = APPROVED + timedelta(hours=hour)
        if await look(db, now):
            local = now.astimezone(zone)
            seen.append(((local.date() - APPROVED.astimezone(zone).date()).days, local.hour))
    assert seen == [(1, 9), (2, 9), (3, 9), (5, 9), (7, 9), (14, 9)]
    assert await mailed(db) == [step.name for step in STEPS]
    assert set((await log(db)).values()) == {SENT}


@pytest.mark.parametrize(
    ("zone", "approved"),
    [
        ("Europe/Berlin", datetime(2026, 10, 24, 12, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 3, 27, 12, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 10, 31, 20, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 1, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 12, 30, 22, tzinfo=UTC)),
    ],
)
async def test_when_clocks_change(db: Database, zone: str, approved: datetime) -> None:
    """Across a change of clocks, and at the edge of the world, it is still nine."""
    await newcomer(db, zone=zone, at=approved)
    hours = []
    for half in range(48 * 9):
        now = approved + timedelta(minutes=30 * half)
        if await look(db, now):
            hours.append(now.astimezone(ZoneInfo(zone)).hour)
    assert hours == [9] * 5


async def test_a_server_that_was_down_for_three_days(db: Database) -> None:
    """What still makes sense comes, one a day; what does not is marked, and nothing twice."""
    await newcomer(db)
    back = APPROVED + timedelta(days=4)
    sent = Counter[int]()
    for hour in range(24 * 12):
        now = back + timedelta(hours=hour)
        sent[now.date().toordinal()] += await look(db, now)
    assert max(sent.values()) == 1
    assert await mailed(db) == [step.name for step in STEPS]


async def test_a_server_that_was_down_for_long(db: Database) -> None:
    """Back on day 13: the tips of the first days are old, and are marked so for ever."""
    await newcomer(db)
    assert await look(db, APPROVED + timedelta(days=13)) == 0
    assert await log(db) == dict.fromkeys(["share", "review", "social", "stats", "report"], SKIPPED)
    assert await look(db, APPROVED + timedelta(days=14)) == 1
    assert await mailed(db) == ["advanced"]


async def test_nobody_is_woken(db: Database) -> None:
    """Not before nine and not from nine in the evening, by the affiliate's clock."""
    await newcomer(db, zone="Asia/Tokyo")
    midnight = datetime(2026, 11, 22, 15, tzinfo=UTC)  # the 23rd begins in Tokyo
    for hour in (0, 8, 21, 23):
        assert await look(db, midnight + timedelta(hours=hour)) == 0
    assert await look(db, midnight + timedelta(hours=20)) == 1


@pytest.mark.parametrize("status", [Status.PAUSED, Status.TERMINATED])
async def test_not_while_paused_and_not_after_the_end(db: Database, status: Status) -> None:
    """Somebody who is let in again gets what still makes sense."""
    who = await newcomer(db)
    async with db.transaction() as session:
        await affiliates.change_status(session, who, status, "A reason", RITA)
    for day in range(1, 5):
        assert await look(db, APPROVED + timedelta(days=day)) == 0
    if status == Status.PAUSED:
        async with db.transaction() as session:
            await affiliates.change_status(session, who, Status.APPROVED, "", RITA)
        assert await look(db, APPROVED + timedelta(days=5)) == 1
        assert await mailed(db) == ["review"]


async def test_not_to_whoever_unsubscribed(db: Database) -> None:
    """Steps of days that they refused pass; taking mails again brings only what is not old."""
    who = await newcomer(db)
    async with db.transaction() as session:
        await subscriptions.unsubscribe(session, who, TIPS, RITA)
    for day in range(1, 9):
        assert await look(db, APPROVED + timedelta(days=day)) == 0
    async with db.transaction() as session:
        await subscriptions.subscribe(session, who, TIPS, RITA)
    assert await look(db, APPROVED + timedelta(days=9)) == 1
    assert await mailed(db) == ["report"]


async def test_not_to_who_came_long_before(db: Database) -> None:
    """Neither after an update, nor to those who were taken over from the user directory."""
    await newcomer(db)
    assert await look(db, APPROVED + timedelta(days=60)) == 0
    assert await log(db) == {}
    entry = affiliates.DirectoryEntry(
        *("old@example.com", "user_1", Status.APPROVED, "OLDIE", None, "v1", "", "", "")
    )
    with clock.travel(APPROVED + timedelta(days=60)):
        async with db.transaction() as session:
            assert await affiliates.adopt(session, entry, RITA)
    assert await look(db, APPROVED + timedelta(days=61)) == 0
    assert await mailed(db) == []


async def test_somebody_who_moves_gets_no_two_on_one_day(db: Database) -> None:
    """A flight over the date line makes no second morning of the same tip or the next."""
    who = await newcomer(db, zone="Pacific/Auckland")
    first = datetime(2026, 11, 22, 20, tzinfo=UTC)  # nine in the morning of the 23rd there
    assert await look(db, first) == 1
    async with db.transaction() as session:
        found = await session.get(Affiliate, who)
        assert found is not None
        found.time_zone = "Pacific/Honolulu"
    for hour in range(11):
        assert await look(db, first + timedelta(hours=hour)) == 0


async def test_three_schedulers_send_each_once(migrated_postgresql_url: str) -> None:
    """Three processes that look at the same moments, over and over."""
    others = [Database(migrated_postgresql_url) for _ in range(3)]
    db = others[0]
    for n in range(8):
        await newcomer(db, n=n)
    for day in range(1, 16):
        with clock.travel(APPROVED + timedelta(days=day)):

            async def one_look(database: Database) -> int:
                async with database.transaction() as session:
                    return await drips.send_due(session)

            await asyncio.gather(*(one_look(one) for one in [*others, *others]))
    sent = Counter(await mailed(db))
    for database in others:
        await database.close()
    assert sent == {step.name: 8 for step in STEPS}


async def test_a_step_that_is_off(db: Database) -> None:
    """It is not sent; switched on again in time it is, and the others do not wait for it."""
    await newcomer(db)
    async with db.transaction() as session:
        await drips.switch(session, "share", RITA, on=False)
        with pytest.raises(ConflictError):
            await drips.switch(session, "share", RITA, on=False)
    assert await look(db, APPROVED + timedelta(days=1)) == 0
    assert await look(db, APPROVED + timedelta(days=2)) == 1
    async with db.transaction() as session:
        await drips.switch(session, "share", RITA, on=True)
    assert await look(db, APPROVED + timedelta(days=3)) == 1
    assert await mailed(db) == ["review", "share"]


async def _audited(db: Database, action: str) -> list[dict[str, Any]]:
    async with db.read() as session:
        query = select(AuditLine).where(AuditLine.action == action)
        return [line.detail for line in await session.exec(query.order_by(col(AuditLine.number)))]


async def test_operators_write_their_own(db: Database) -> None:
    """Kept with a version, back to the ready-made one, and the audit log has every text."""
    async with db.transaction() as session:
        seen = await drips.edit(session, "share", OWN, 0, RITA)
    assert (seen.text, seen.is_own, seen.version) == (OWN, True, 1)
    async with db.transaction() as session:
        with pytest.raises(ConflictError, match="meanwhile"):
            await drips.edit(session, "share", replace(OWN, subject="Old"), 0, RITA)
        with pytest.raises(InvalidError):
            await drips.edit(session, "share", replace(OWN, body="{nobody}"), 1, RITA)
        with pytest.raises(NotFoundError):
            await drips.edit(session, "welcome", OWN, 0, RITA)
    async with db.transaction() as session:
        back = await drips.reset(session, "share", RITA)
        with pytest.raises(ConflictError):
            await drips.reset(session, "share", RITA)
    assert (back.text, back.is_own, back.version) == (DEFAULTS["share"], False, 2)
    (edited,) = await _audited(db, "drip.edited")
    assert edited["changes"]["subject"] == [DEFAULTS["share"].subject, OWN.subject]
    (undone,) = await _audited(db, "drip.reset")
    assert undone["changes"]["body"] == [OWN.body, DEFAULTS["share"].body]


async def test_a_switch_keeps_an_own_text(db: Database) -> None:
    """Off and on again, the text is what the operator wrote."""
    async with db.transaction() as session:
        await drips.edit(session, "share", OWN, 0, RITA)
        await drips.switch(session, "share", RITA, on=False)
        await drips.switch(session, "share", RITA, on=True)
    async with db.read() as session:
        seen = await drips.view(session, "share")
    assert (seen.text, seen.is_on, seen.version) == (OWN, True, 3)


async def test_the_zone_of_the_program_counts_for_who_has_none(db: Database) -> None:
    """Nine in the morning is the program's nine until somebody says where they live."""
    async with db.transaction() as session:
        await program.update(session, {"time_zone": "Asia/Tokyo"}, RITA)
    await newcomer(db)
    assert await look(db, datetime(2026, 11, 21, 23, tzinfo=UTC)) == 0  # eight in Tokyo
    assert await look(db, datetime(2026, 11, 22, 0, tzinfo=UTC)) == 1


async def test_who_refuses_costs_no_look_each(sqlite: Database) -> None:
    """They are due until it is too late, at every look: as many questions for two as for eight."""
    heard: list[str] = []

    def hear(*given: Any) -> None:
        heard.append(given[2])

    asked = []
    for n in range(8):
        someone = await newcomer(sqlite, n=n)
        async with sqlite.transaction() as session:
            await subscriptions.unsubscribe(session, someone, TIPS, RITA)
        if n in {1, 7}:
            event.listen(sqlite.engine.sync_engine, "before_cursor_execute", hear)
            assert await look(sqlite, APPROVED + timedelta(days=1)) == 0
            event.remove(sqlite.engine.sync_engine, "before_cursor_execute", hear)
            asked.append(len(heard))
            heard.clear()
    assert asked[0] == asked[1]
