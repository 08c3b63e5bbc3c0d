"""The watch of contests: what should have happened happens, once, whoever looks and when."""

import asyncio
from collections import Counter
from datetime import timedelta

import clock
from domain import effects
from scheduled.scheduler import WATCHES, look
from storage import audit
from storage.contests import ACTIVE, ENDED, UPCOMING
from storage.db import Database
from tests.builders import effects_asked_for, later, settle
from tests.contest_builders import (
    BEFORE,
    END,
    HOUR,
    START,
    buy,
    contest_now,
    make_contest,
    three,
)

MOVE, PROPOSE = (watch for watch in WATCHES if watch.name in {"contests", "proposals"})


async def notices(db: Database) -> list[str]:
    """What operators were told."""
    asked = await effects_asked_for(db)
    return [each.payload["text"] for each in asked if each.kind == effects.NOTICE]


async def actions(db: Database, contest_id: object) -> list[str]:
    """What the log says of a contest."""
    async with db.read() as session:
        lines = await audit.of_subject(session, f"contest:{contest_id}")
    return [line.action for line in lines]


async def test_it_begins_and_ends_at_its_moments(db: Database) -> None:
    """And not a second before."""
    with clock.travel(BEFORE):
        contest = await make_contest(db)
    second = timedelta(seconds=1)
    for at, status in (
        (START - second, UPCOMING),
        (START, ACTIVE),
        (END - second, ACTIVE),
        (END, ENDED),
    ):
        with clock.travel(at):
            await look(db, MOVE)
        assert (await contest_now(db, contest)).status == status


async def test_three_servers_at_once_tell_each_thing_once(db: Database) -> None:
    """Begin, end and proposal: whoever is second finds it done, or in good hands."""
    await three(db)
    with clock.travel(BEFORE):
        contests = [
            await make_contest(db),
            await make_contest(db, name="Money", metric="earnings"),
        ]
    await buy(db, "AMY30", 1, START + HOUR)
    for at in (START, END):
        with clock.travel(at):
            for _ in range(3):
                await asyncio.gather(*(look(db, MOVE) for _ in range(3)))
    kinds = Counter(each.kind for each in await effects_asked_for(db))
    assert kinds[effects.CONTEST_CARD] == kinds[effects.CONTEST_MAILS] == 2
    told = [text for text in await notices(db) if "has begun" in text]
    assert len(told) == 2
    for contest in contests:
        expected = ["contest.created", "contest.started", "contest.ended"]
        assert await actions(db, contest.id) == expected


async def test_after_three_days_without_a_look_it_begins_late(db: Database) -> None:
    """It still runs, so people are told; what was sold meanwhile counts."""
    await three(db)
    with clock.travel(BEFORE):
        contest = await make_contest(db)
    await buy(db, "AMY30", 1, START + HOUR)
    with clock.travel(START + timedelta(days=3)):
        await look(db, MOVE)
        await look(db, MOVE)
    assert (await contest_now(db, contest)).status == ACTIVE
    assert len([text for text in await notices(db) if "has begun" in text]) == 1


async def test_of_what_began_and_ended_unseen_only_the_end_is_told(db: Database) -> None:
    """A short contest while the scheduler was down."""
    amy, *_ = await three(db)
    with clock.travel(BEFORE):
        contest = await make_contest(db, end_date=START + 2 * HOUR)
    await buy(db, "AMY30", 1, START + HOUR)
    with clock.travel(START + timedelta(days=3)):
        await look(db, MOVE)
        await look(db, MOVE)
    found = await contest_now(db, contest)
    assert (found.status, found.proposed_user_id) == (ENDED, amy.id)
    assert not [text for text in await notices(db) if "has begun" in text]
    kinds = Counter(each.kind for each in await effects_asked_for(db))
    assert (kinds[effects.CONTEST_CARD], kinds[effects.CONTEST_MAILS]) == (1, 0)
    assert await actions(db, contest.id) == ["contest.created", "contest.ended"]


async def test_a_refund_after_the_end_changes_the_proposal_within_minutes(db: Database) -> None:
    """The look of every minute counts nothing anew; the other one does, and less often."""
    amy, ben, _ = await three(db)
    with clock.travel(BEFORE):
        contest = await make_contest(db)
    sale = await buy(db, "AMY30", 1, START + HOUR)
    await buy(db, "BEN30", 1, START + 2 * HOUR)
    with clock.travel(END):
        await look(db, MOVE)
        await settle(db, later(sale, refunded=sale.collected))
        proposed = []
        for watch in (MOVE, PROPOSE):
            await look(db, watch)
            proposed.append((await contest_now(db, contest)).proposed_user_id)
    assert proposed == [amy.id, ben.id]
    assert MOVE.minutes < PROPOSE.minutes <= 10
