"""The fraud score in the database: who is paused, who is not, and that decisions stick."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

import clock
from domain import affiliates, effects, fraud, fraud_decisions, program, signups
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.fraud_facts import gather
from domain.fraud_judgement import judge
from domain.fraud_values import FraudMinimums, FraudWeights
from domain.signups import SignUp, Touch
from domain.statuses import Status
from storage import audit, links
from storage import fraud as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.fraud import BANNED, RESTORED
from storage.outbox import Effect
from tests.builders import (
    BUYER,
    RITA,
    SAM,
    affiliate_now,
    effects_asked_for,
    facts,
    join,
    mails_asked_for,
    settle,
)
from tests.fraud_builders import (
    cheat,
    decide,
    flagged,
    flags,
    history,
    live_through,
    others_sell,
    score,
    self_referrals,
    sign_ups,
)
from tests.fraud_people import NOW, everybody
from tests.landing_builders import JARED

PEOPLE = {one.kind: one for one in everybody()}
KEY = b"k" * 32


async def asked(db: Database, kind: str) -> list[Effect]:
    """Effects of a kind that were ever asked for."""
    return [one for one in await effects_asked_for(db) if one.kind == kind]


async def test_a_score_at_the_threshold_pauses_with_a_card_and_a_mail(db: Database) -> None:
    """Code and payouts wait, the link goes on, and it happens once, however often it is found."""
    jared = await join(db)
    await cheat(db, jared)
    entry = await score(db, jared)
    assert entry is not None
    assert entry.score == 75
    assert [one["rule"] for one in entry.reasons] == [
        "self_referral",
        "quick_cancels",
        "same_network",
    ]
    assert await score(db, jared) is None
    assert await history(db, jared) == [75]
    now = await affiliate_now(db, jared.id)
    assert now.status == Status.PAUSED
    assert "unusual activity" in now.status_reason
    (flag,) = await flags(db)
    assert (flag.open_key, flag.score) == (str(jared.id), 75)
    assert len(await asked(db, effects.FRAUD_CARD)) == 1
    assert [name for name, _ in await mails_asked_for(db)].count("fraud_paused") == 1
    async with db.read() as session:
        link = await links.of_affiliate(session, jared.id)
        lines = await audit.of_subject(session, f"affiliate:{jared.id}")
    assert link is not None
    assert (link.fraud_score, link.suspended) == (75, False)
    assert link.fraud_score_updated_at is not None
    assert (lines[-1].action, lines[-1].origin) == ("affiliate.paused", "system")


async def test_evidence_never_holds_a_whole_address(db: Database) -> None:
    """A letter and the domain of each customer are all that operators are shown."""
    jared = await join(db)
    await cheat(db, jared)
    entry = await score(db, jared)
    assert entry is not None
    told = str(entry.reasons)
    assert "c…@gmail.com" in told
    assert "cus_" not in told


@pytest.mark.parametrize(
    "kind",
    [
        "a beginner with one referral",
        "an office behind one address",
        "a company newsletter",
        "a refund-heavy month",
        "a trial of their own code",
        "a class at school",
        "a sign-up farm",
        "a card mill",
        "their own customers",
        "a refund ring",
    ],
)
async def test_stored_people_score_as_their_facts_do(db: Database, kind: str) -> None:
    """From the rows to the pause; what only a tax form would tell is left out."""
    one = PEOPLE[kind]
    with clock.travel(NOW):
        jared = await join(db)
        await others_sell(db, 60, 2)
        await live_through(db, jared, one)
        await score(db, jared)
    expected, _ = judge(one.facts, FraudWeights(), FraudMinimums())
    async with db.read() as session:
        ((found, _),) = (await rows.current(session, [jared.id])).values()
    assert found == expected
    status = (await affiliate_now(db, jared.id)).status
    assert status == (Status.APPROVED if one.honest else Status.PAUSED)


async def test_what_was_accepted_never_pauses_again(db: Database) -> None:
    """A little more of the same does not; twice as much of it does."""
    jared = await join(db)
    flag = await flagged(db, jared)
    await decide(db, flag, RESTORED)
    assert (await affiliate_now(db, jared.id)).status == Status.APPROVED
    await score(db, jared)
    await sign_ups(db, jared, 3, quick=3, network="mill")
    assert await score(db, jared) is not None
    assert (await affiliate_now(db, jared.id)).status == Status.APPROVED
    await sign_ups(db, jared, 6, quick=6, network="mill")
    await score(db, jared)
    assert (await affiliate_now(db, jared.id)).status == Status.PAUSED
    assert [one.decision for one in await flags(db)] == [RESTORED, ""]


async def test_a_rule_that_did_not_fire_then_is_new(db: Database) -> None:
    """However little it is."""
    jared = await join(db)
    await decide(db, await flagged(db, jared), RESTORED)
    await sign_ups(db, jared, 4, email_key="x@mailinator.com", quick=4)
    await score(db, jared)
    assert (await affiliate_now(db, jared.id)).status == Status.PAUSED
    (_, flag) = await flags(db)
    assert "disposable" in [one["rule"] for one in flag.reasons]


async def test_a_restore_by_hand_accepts_the_score_too(db: Database) -> None:
    """It decides an open pause, and it counts where we never paused."""
    jared = await join(db)
    await flagged(db, jared)
    async with db.transaction() as session:
        await affiliates.change_status(session, jared.id, Status.APPROVED, "", SAM)
    (flag,) = await flags(db)
    assert (flag.decision, flag.decided_by, flag.open_key) == (RESTORED, "@sam", None)
    mia = await join(db, "MIA30", email="mia@example.com", requested_code="MIA30")
    async with db.transaction() as session:
        await affiliates.change_status(session, mia.id, Status.PAUSED, "Holiday.", SAM)
    await cheat(db, mia)
    await score(db, mia)
    assert await history(db, mia) == [75]
    assert len(await flags(db)) == 1
    async with db.transaction() as session:
        await affiliates.change_status(session, mia.id, Status.APPROVED, "", SAM)
    await score(db, mia)
    assert (await affiliate_now(db, mia.id)).status == Status.APPROVED


async def test_two_operators_one_decision(db: Database) -> None:
    """Whoever is second is told who was faster; a ban terminates."""
    jared = await join(db)
    flag = await flagged(db, jared)
    with pytest.raises(InvalidError):
        await decide(db, flag, BANNED, reason=" ")
    results = await asyncio.gather(
        decide(db, flag, BANNED), decide(db, flag, RESTORED, SAM), return_exceptions=True
    )
    failed = [one for one in results if isinstance(one, BaseException)]
    assert len(failed) == 1
    assert isinstance(failed[0], ConflictError)
    (kept,) = await flags(db)
    expected = Status.TERMINATED if kept.decision == BANNED else Status.APPROVED
    assert (await affiliate_now(db, jared.id)).status == expected
    async with db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{jared.id}")
    assert lines[-1].action == f"fraud.{kept.decision}"


async def test_an_appeal_counts_once_for_each_decision(db: Database) -> None:
    """Operators answer it once, by mail; after a ban there is another."""
    jared = await join(db)
    with pytest.raises(NotFoundError):
        await appeal(db, jared, "Why?")
    flag = await flagged(db, jared)
    with pytest.raises(InvalidError):
        await appeal(db, jared, " ")
    await appeal(db, jared, "It was my class.\x00")
    with pytest.raises(ConflictError):
        await appeal(db, jared, "And again.")
    async with db.transaction() as session:
        (one,) = await rows.appeals_of(session, flag)
        assert one.text == "It was my class.�"
        await fraud_decisions.answer(session, one.id, "We look at it.", RITA)
    with pytest.raises(ConflictError, match="@rita was faster"):
        async with db.transaction() as session:
            await fraud_decisions.answer(session, one.id, "Me too.", SAM)
    assert (await mails_asked_for(db))[-1] == ("fraud_answered", jared.email)
    await decide(db, flag, BANNED)
    await appeal(db, jared, "Please look again.")
    assert len(await asked(db, effects.FRAUD_NOTE)) == 2


async def appeal(db: Database, affiliate: Affiliate, text: str) -> None:
    """The affiliate says something."""
    async with db.transaction() as session:
        await fraud_decisions.appeal(session, affiliate.id, text, JARED)


async def test_the_affiliate_is_told_of_what_kind_it_is_and_no_more(db: Database) -> None:
    """No figure, no customer, no rule's name."""
    jared = await join(db)
    await flagged(db, jared)
    async with db.read() as session:
        told = await fraud_decisions.told(session, jared.id)
    assert told is not None
    assert told.noticed == (
        "Purchases that look like your own",
        "Customers of yours who left or were refunded soon",
        "How people signed up through your link",
    )


async def test_events_ask_for_one_look_each_affiliate(db: Database) -> None:
    """A sale, a self-referral and sign-ups in a row wait as one row."""
    jared = await join(db)
    await settle(db, facts())
    for number in range(3):
        async with db.transaction() as session:
            found = await signups.sign_up(
                session,
                SignUp(Touch(ref="JARED30"), user_id=f"u{number}", address="203.0.113.9"),
                KEY,
            )
            assert found.referral is not None
            assert found.referral.network
            assert "203" not in found.referral.network
        looks = await asked(db, effects.FRAUD_SCORE)
    assert [one.payload["affiliate"] for one in looks] == [str(jared.id)]


async def test_an_own_purchase_and_an_own_sign_up_are_kept_as_evidence(db: Database) -> None:
    """Though attribution refuses both, and hears of the purchase twice."""
    jared = await join(db)
    own = facts(customer=type(BUYER)("cus_own", "jared+x@example.com", {}))
    async with db.transaction() as session:
        await signups.sign_up(session, SignUp(Touch(ref="JARED30"), email="jared@example.com"))
    await settle(db, own)
    await settle(db, own)
    entry = await score(db, jared)
    assert entry is not None
    assert (entry.score, entry.reasons[0]["measure"]) == (30, 2)
    assert (await affiliate_now(db, jared.id)).status == Status.APPROVED


async def test_the_same_network_is_another_one_for_another_affiliate(db: Database) -> None:
    """So that nobody is followed from link to link."""
    jared = await join(db)
    mia = await join(db, "MIA30", email="mia@example.com", requested_code="MIA30")
    seen = []
    for ref, user in (("JARED30", "u1"), ("JARED30", "u2"), ("MIA30", "u3")):
        async with db.transaction() as session:
            given = SignUp(Touch(ref=ref), user_id=user, address="203.0.113.7")
            verdict = await signups.sign_up(session, given, KEY)
            assert verdict.referral is not None
            seen.append(verdict.referral.network)
    assert seen[0] == seen[1] != seen[2]
    assert jared.id != mia.id


async def test_weights_and_threshold_are_settings(db: Database) -> None:
    """No points, no reason; a lower threshold pauses sooner."""
    jared = await join(db)
    await self_referrals(db, jared)
    async with db.transaction() as session:
        await program.update(session, {"fraud_weights": {"self_referral": 0}}, RITA)
    assert await score(db, jared) is None
    changes = {"fraud_weights": {"self_referral": 45}, "fraud_threshold": 40}
    async with db.transaction() as session:
        await program.update(session, changes, RITA)
    await score(db, jared)
    assert (await affiliate_now(db, jared.id)).status == Status.PAUSED
    with pytest.raises(InvalidError):
        async with db.transaction() as session:
            await program.update(session, {"fraud_minimums": {"same_network": 1}}, RITA)


async def test_old_evidence_is_forgotten_and_the_history_says_so(db: Database) -> None:
    """After 90 days the score is 0 again; an open pause shows that, and stays open."""
    jared = await join(db)
    await flagged(db, jared)
    with clock.travel(clock.now() + timedelta(days=120)):
        entry = await score(db, jared)
        assert entry is not None
    assert await history(db, jared) == [0, 75]
    (flag,) = await flags(db)
    assert (flag.score, flag.decision) == (0, "")


async def test_no_big_table_is_scanned(db: Database) -> None:
    """Each query over referrals, sales, clicks and violations is led by an index."""
    jared = await join(db)
    await cheat(db, jared)
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    async with db.read() as session:
        bind = (await session.connection()).sync_connection
        assert bind is not None
        event.listen(bind, "before_cursor_execute", note)
        await gather(session, jared.id)
        event.remove(bind, "before_cursor_execute", note)
        postgresql = bind.dialect.name == "postgresql"
        plans = []
        if postgresql:
            await session.connection()
            await (await session.connection()).exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in statements:
            explain = "EXPLAIN " if postgresql else "EXPLAIN QUERY PLAN "
            connection = await session.connection()
            found = await connection.exec_driver_sql(explain + statement, parameters)
            plans.append(" ".join(str(row) for row in found.all()))
    assert len(statements) <= 8
    for plan in plans:
        for table in ("affiliate_referrals", "sales", "affiliate_violations", "code_leaks"):
            assert f"Seq Scan on {table}" not in plan
            assert f"SCAN {table}'" not in plan.replace('"', "'"), plan
            assert f"SCAN {table} " not in plan.replace(f"SCAN {table} USING INDEX", ""), plan


async def test_whoever_is_gone_is_no_error(db: Database) -> None:
    """An effect that comes late finds nobody."""
    jared = await join(db)
    async with db.transaction() as session:
        assert await fraud.score(session, type(jared.id)(int=0), "a test") is None
