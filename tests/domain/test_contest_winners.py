"""Who wins: proposed, taken out, confirmed once, paid once, and kept as announced."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

import clock
from domain import affiliates, contest_winners, contests, payout_barriers, reconcile, statements
from domain.errors import ConflictError, InvalidError
from domain.statements import Month
from domain.statuses import Status
from storage import audit
from storage.affiliates import Affiliate
from storage.contests import ANNOUNCED, EARNINGS, ENDED, Contest
from storage.db import Database
from storage.ledger import LedgerEntry
from tests.builders import RITA, effects_asked_for, later, mails_asked_for, settle
from tests.contest_builders import (
    BEFORE,
    END,
    HOUR,
    START,
    buy,
    confirm,
    contest_now,
    make_contest,
    move,
    ranked,
    shown,
    three,
)
from tests.payout_builders import movements

AFTER = END + HOUR


async def over(db: Database, **changes: Any) -> tuple[Contest, list[Affiliate]]:
    """A contest that has ended: Amy has two, Ben and Cat one each."""
    people = await three(db)
    with clock.travel(BEFORE):
        contest = await make_contest(db, **changes)
    with clock.travel(START):
        await move(db)
    for n, (code, hours) in enumerate((("AMY30", 1), ("AMY30", 2), ("BEN30", 3), ("CAT30", 4))):
        await buy(db, code, n, START + hours * HOUR)
    with clock.travel(END):
        await move(db)
    return await contest_now(db, contest), people


async def cards(db: Database) -> int:
    """How often the card was asked for."""
    return len([each for each in await effects_asked_for(db) if each.kind == "card.contest"])


async def test_the_first_is_proposed_when_it_ends(db: Database) -> None:
    """On a card, with the standings; looking again shows nothing anew."""
    contest, (amy, *_) = await over(db)
    assert (contest.status, contest.proposed_user_id) == (ENDED, amy.id)
    with clock.travel(AFTER):
        await move(db)
        assert await cards(db) == 1
        view = await shown(db, contest)
    assert view.standings.leader is not None
    assert view.standings.leader.affiliate.id == amy.id
    assert "2 of 2 sales are still on hold, the last until 2026-12-30" in view.flags[0]


async def test_refunds_after_the_end_change_the_proposal(db: Database) -> None:
    """As long as nobody has confirmed; the card follows, once for each change."""
    contest, (amy, ben, _) = await over(db)
    sale = await buy(db, "AMY30", 0, START + HOUR)
    for n, hours in ((0, 1), (1, 2)):
        made = await buy(db, "AMY30", n, START + hours * HOUR)
        with clock.travel(AFTER):
            await settle(db, later(made, refunded=made.collected))
            await move(db)
            await move(db)
    found = await contest_now(db, contest)
    assert found.proposed_user_id == ben.id != amy.id
    assert await cards(db) == 3
    assert sale.collected


async def test_a_confirmed_winner_is_paid_told_and_kept(db: Database) -> None:
    """The prize at once in the balance, a mail, a notice, a line in the log, and the standings."""
    contest, (amy, *_) = await over(db)
    with clock.travel(AFTER):
        await confirm(db, contest, amy.id)
        async with db.read() as session:
            claim = await payout_barriers.claim_of(session, amy, "usd")
    assert claim.available == 50_000
    assert ("contest", 50_000) in await movements(db, amy.id)
    found = await contest_now(db, contest)
    assert (found.status, found.winner_user_id) == (ANNOUNCED, amy.id)
    assert (found.winner_announced_at, found.decided_by) == (AFTER, "@rita")
    assert ("contest_won", "amy30@example.com") in await mails_asked_for(db)
    asked = await effects_asked_for(db)
    assert "Amy has won the contest Winter race" in str([each.payload for each in asked])
    async with db.read() as session:
        line = (await audit.of_subject(session, f"contest:{contest.id}"))[-1]
    assert (line.action, line.detail["amount"]) == ("contest.announced", 50_000)
    before = await ranked(db, contest)
    made = await buy(db, "AMY30", 0, START + HOUR)
    with clock.travel(AFTER + HOUR):
        await settle(db, later(made, refunded=made.collected))
        await move(db)
    assert await ranked(db, contest) == before == [("Amy", 2), ("Ben", 1), ("Cat", 1)]


async def test_two_clicks_pay_once(db: Database) -> None:
    """At the very same moment, for the same and for another one; the second is told."""
    contest, (amy, ben, _) = await over(db)

    async def press(affiliate_id: UUID) -> str:
        try:
            await confirm(db, contest, affiliate_id)
        except ConflictError as error:
            return str(error)
        return "announced"

    with clock.travel(AFTER):
        told = await asyncio.gather(*(press(who) for who in (amy.id, amy.id, ben.id, amy.id)))
    assert told.count("announced") == 1
    assert any("was decided by @rita already" in each for each in told)
    async with db.read() as session:
        prizes = await session.exec(select(LedgerEntry).where(LedgerEntry.reason == "contest"))
        (entry,) = prizes.all()
    assert (entry.source, entry.affiliate_user_id) == (f"contest:{contest.id}", amy.id)


async def test_only_who_is_first_now_can_be_confirmed(db: Database) -> None:
    """What an operator saw may be old: then nothing happens, and they are told who is first."""
    contest, (amy, ben, _) = await over(db)
    with clock.travel(AFTER):
        with pytest.raises(ConflictError, match="Amy is first now"):
            await confirm(db, contest, ben.id)
        async with db.transaction() as session:
            await affiliates.change_status(session, amy.id, Status.PAUSED, "Looks odd.", RITA)
        with pytest.raises(ConflictError, match="Ben is first now"):
            await confirm(db, contest, amy.id)
    assert not [each for each in await movements(db, amy.id) if each[0] == "contest"]
    assert (await contest_now(db, contest)).status == ENDED


async def test_who_is_disqualified_makes_room_for_the_next(db: Database) -> None:
    """Who is proposed at once; and it can be taken back."""
    contest, (amy, ben, _) = await over(db)
    with clock.travel(AFTER):
        async with db.transaction() as session:
            await contest_winners.disqualify(session, contest.id, amy.id, "Own sales.", RITA)
        assert (await contest_now(db, contest)).proposed_user_id == ben.id
        view = await shown(db, contest)
        assert [(who.display_name, row.reason) for who, row in view.disqualified] == [
            ("Amy", "Own sales.")
        ]
        with pytest.raises(ConflictError, match="is out of Winter race already"):
            async with db.transaction() as session:
                await contest_winners.disqualify(session, contest.id, amy.id, "Again.", RITA)
        async with db.transaction() as session:
            await contest_winners.readmit(session, contest.id, amy.id, RITA)
        assert (await contest_now(db, contest)).proposed_user_id == amy.id
        with pytest.raises(ConflictError, match="take part already"):
            async with db.transaction() as session:
                await contest_winners.readmit(session, contest.id, amy.id, RITA)
        async with db.transaction() as session:
            await contest_winners.disqualify(session, contest.id, amy.id, "Own sales.", RITA)
        await confirm(db, contest, ben.id)
        with pytest.raises(ConflictError, match="decided by @rita already"):
            async with db.transaction() as session:
                await contest_winners.readmit(session, contest.id, amy.id, RITA)
    assert await ranked(db, contest) == [("Ben", 1), ("Cat", 1)]


async def test_a_reason_is_needed_to_disqualify(db: Database) -> None:
    """It is money that they lose."""
    contest, (amy, *_) = await over(db)
    with pytest.raises(InvalidError, match="reason"):
        async with db.transaction() as session:
            await contest_winners.disqualify(session, contest.id, amy.id, " ", RITA)


async def test_nobody_has_to_win(db: Database) -> None:
    """With a reason, and no money moves."""
    contest, (amy, *_) = await over(db)
    with clock.travel(AFTER):
        async with db.transaction() as session:
            await contest_winners.close(session, contest.id, "Too few.", RITA)
        with pytest.raises(ConflictError, match="decided by @rita already"):
            await confirm(db, contest, amy.id)
    found = await contest_now(db, contest)
    assert (found.status, found.winner_user_id, found.reason) == (ANNOUNCED, None, "Too few.")
    assert not [each for each in await movements(db, amy.id) if each[0] == "contest"]


async def test_a_prize_that_is_no_money_moves_none(db: Database) -> None:
    """Words only."""
    contest, (amy, *_) = await over(db, prize_description="Honour", prize_amount_cents=None)
    with clock.travel(AFTER):
        await confirm(db, contest, amy.id)
    assert not [each for each in await movements(db, amy.id) if each[0] == "contest"]


async def test_a_contest_that_runs_has_no_winner_yet(db: Database) -> None:
    """Nor one that has not begun."""
    (amy, *_) = await three(db)
    with clock.travel(BEFORE):
        contest = await make_contest(db)
        with pytest.raises(ConflictError, match="has not begun yet"):
            await confirm(db, contest, amy.id)
    with clock.travel(START):
        await move(db)
        with pytest.raises(ConflictError, match="is not over yet"):
            await confirm(db, contest, amy.id)


async def test_a_tie_and_reversed_sales_are_flagged(db: Database) -> None:
    """Before anybody confirms."""
    contest, _ = await over(db, metric=EARNINGS)
    made = await buy(db, "AMY30", 1, START + 2 * HOUR)
    with clock.travel(AFTER):
        await settle(db, later(made, refunded=made.collected))
        view = await shown(db, contest)
    assert view.standings.tied
    assert any("The first two have as much" in flag for flag in view.flags)
    assert any("1 of 2 sales were refunded or disputed" in flag for flag in view.flags)


async def test_the_prize_stands_in_the_statement_and_the_books_agree(db: Database) -> None:
    """And a prize that somebody changed by hand is noticed at night."""
    contest, (amy, *_) = await over(db)
    with clock.travel(AFTER):
        await confirm(db, contest, amy.id)
    async with db.transaction() as session:
        entries = await session.exec(select(LedgerEntry).where(LedgerEntry.reason == "contest"))
        entry = entries.one()
        entry.created_at = AFTER
        session.add(entry)
    async with db.read() as session:
        (account,) = await statements.statement(session, amy.id, Month.of(AFTER))
        assert await reconcile.disagreements(session) == []
    assert ("Contest prize", 50_000) in [(one.words, one.entry.amount) for one in account.lines]
    async with db.transaction() as session:
        found = await contests.held(session, contest.id)
        found.prize_amount_cents = 60_000
        session.add(found)
    async with db.read() as session:
        (told,) = await reconcile.disagreements(session)
    assert "contest prizes" in told
    assert "$600.00" in told


async def test_an_empty_contest_ends_without_a_proposal(db: Database) -> None:
    """And can be closed."""
    await three(db)
    with clock.travel(BEFORE):
        contest = await make_contest(db)
    with clock.travel(START):
        await move(db)
    with clock.travel(END):
        await move(db)
    found = await contest_now(db, contest)
    assert (found.status, found.proposed_user_id) == (ENDED, None)
    assert await cards(db) == 1
    async with db.transaction() as session:
        await contest_winners.close(session, contest.id, "Nobody came.", RITA)


def days_after(days: int) -> datetime:
    """So many days after the end."""
    return END + timedelta(days=days)


async def test_a_sale_that_is_heard_of_after_the_end_still_counts(db: Database) -> None:
    """A webhook that was late for a day, as long as nobody has confirmed."""
    contest, (_, ben, _) = await over(db)
    with clock.travel(days_after(1)):
        await buy(db, "BEN30", 8, END - HOUR)
        await buy(db, "BEN30", 9, END - HOUR)
        await move(db)
    assert (await contest_now(db, contest)).proposed_user_id == ben.id


async def test_who_is_paused_meanwhile_does_not_win(db: Database) -> None:
    """A pause that is under way decides first: nothing is announced, kept or paid."""
    contest, (amy, ben, _) = await over(db)
    with clock.travel(AFTER):
        async with db.transaction() as session:
            await affiliates.change_status(session, amy.id, Status.PAUSED, "Looks odd.", RITA)
            confirming = asyncio.create_task(confirm(db, contest, amy.id))
            await asyncio.sleep(0.5)
        with pytest.raises(ConflictError, match="Ben is first now"):
            await confirming
        assert "contest" not in {reason for reason, _ in await movements(db, amy.id)}
        assert (await contest_now(db, contest)).status == ENDED
        await confirm(db, contest, ben.id)
    assert await ranked(db, contest) == [("Ben", 1), ("Cat", 1)]
