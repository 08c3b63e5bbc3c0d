"""What outgoing webhooks tell, moment by moment: each kind, to whom, and with what in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlmodel import col, select

import clock
from domain import (
    affiliates,
    applications,
    erasure,
    payouts,
    program,
    signups,
    tier_moves,
    webhook_endpoints,
)
from domain.signups import SignUp, Touch
from domain.statuses import Status
from domain.webhook_endpoints import Wanted
from domain.webhook_events import KINDS, TEST, example
from storage.db import Database
from storage.fraud import BANNED, RESTORED
from storage.webhook_deliveries import WebhookDelivery
from tests.builders import (
    RITA,
    SAM,
    apply,
    facts,
    join,
    later,
    settle,
)
from tests.contest_builders import BEFORE, END, HOUR, START, buy, confirm, make_contest, move, three
from tests.fraud_builders import decide, flagged
from tests.milestone_builders import make_milestone
from tests.payout_builders import approve_payout, ask, earn
from tests.tier_builders import make_tier

Told = list[tuple[str, dict[str, Any]]]


async def listen(db: Database, owner: UUID | None = None, *events: str) -> UUID:
    """An endpoint."""
    async with db.transaction() as session:
        wanted = Wanted("https://hooks.example/in", events)
        return (await webhook_endpoints.add(session, owner, wanted, RITA)).id


async def told(db: Database, endpoint: UUID) -> Told:
    """What an endpoint is told, oldest first: kind and data."""
    async with db.read() as session:
        query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint)
        rows = (await session.exec(query.order_by(col(WebhookDelivery.id)))).all()
    for row in rows:
        whole = json.loads(row.body)
        assert whole["type"] == row.kind
        assert set(whole) == {"type", "timestamp", "data"}
        if row.kind in KINDS:
            KINDS[row.kind].model.model_validate(whole["data"])
    return [(row.kind, json.loads(row.body)["data"]) for row in rows]


def kinds(found: Told) -> list[str]:
    """The kinds alone."""
    return [kind for kind, _ in found]


@contextmanager
def asked_of(db: Database) -> Iterator[list[str]]:
    """Statements about webhooks that the block makes."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "webhook" in statement:
            seen.append(statement)

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)


async def test_an_application_and_its_decisions(db: Database) -> None:
    """Sent, sent again (which is no news), rejected, reopened, approved; no name in any of it."""
    desk = await listen(db)
    application = await apply(db)
    await apply(db)
    async with db.transaction() as session:
        await applications.reject(session, application.id, "Too small.", RITA)
    async with db.transaction() as session:
        await applications.reopen(session, application.id, RITA)
    async with db.transaction() as session:
        jared = await applications.approve(session, application.id, "JARED30", RITA)
    found = await told(db, desk)
    assert kinds(found) == [
        "application.submitted",
        "application.rejected",
        "application.reopened",
        "affiliate.approved",
        "application.approved",
    ]
    assert found[-1][1]["affiliate_id"] == str(jared.id)
    assert found[-1][1]["promo_code"] == "JARED30"
    everything = json.dumps(found)
    for private in (jared.email, jared.legal_name, jared.display_name, "Too small"):
        assert private not in everything


async def test_a_sale_is_told_once_and_its_changes_after_it(db: Database) -> None:
    """With sums to the cent; the same news again is none. Affiliates see no customer of theirs."""
    jared = await join(db)
    desk, own = await listen(db), await listen(db, jared.id)
    await settle(db, facts(1), facts(1), later(facts(1)))
    await settle(db, later(later(facts(1)), refunded=2900))
    found = await told(db, desk)
    assert kinds(found) == [
        "referral.created",
        "sale.settled",
        "commission.changed",
        "sale.changed",
        "commission.changed",
    ]
    _, first, earned, changed, taken = (data for _, data in found)
    assert (first["invoice_id"], first["customer_id"]) == ("in_1", "cus_1")
    assert (first["collected"], first["fee"], first["refunded"]) == (2900, 114, 0)
    assert (earned["amount_cents"], earned["change_cents"]) == (557, 557)
    assert changed["refunded"] == 2900
    assert (taken["amount_cents"], taken["change_cents"]) == (0, -557)
    seen = await told(db, own)
    assert kinds(seen) == kinds(found)
    for private in ("cus_1", "in_1", "buyer@example.net"):
        assert private not in json.dumps(seen)
    assert seen[1][1]["customer_id"] == "Customer …us_1"


async def test_a_payment_that_comes_late_settles_the_sale(db: Database) -> None:
    """An invoice that had brought nothing yet was no news; its first news is no change."""
    await join(db)
    desk = await listen(db)
    await settle(db, facts(1, collected=0, fee=0))
    assert await told(db, desk) == []
    await settle(db, later(facts(1)))
    found = await told(db, desk)
    assert kinds(found) == ["referral.created", "sale.settled", "commission.changed"]
    assert found[1][1]["collected"] == 2900


async def test_a_sale_that_is_credited_later_is_told_again(db: Database) -> None:
    """As where the code was unknown at first: whoever keeps books learns whose it is now."""
    jared = await join(db)
    desk = await listen(db)
    await settle(db, facts(1, codes=()))
    await settle(db, later(facts(1)), later(later(facts(1))))
    found = await told(db, desk)
    assert kinds(found) == [
        "sale.settled",
        "referral.created",
        "sale.changed",
        "commission.changed",
    ]
    before, after = (data for kind, data in found if kind.startswith("sale."))
    assert (before["affiliate_id"], after["affiliate_id"]) == (None, str(jared.id))
    assert (before["outcome"], after["outcome"]) == ("nobody", "credited")


async def test_a_sale_that_credits_nobody_is_the_operators_alone(db: Database) -> None:
    """With the reason in a word."""
    jared = await join(db)
    desk, own = await listen(db), await listen(db, jared.id)
    await settle(db, facts(1, codes=()))
    ((kind, data),) = await told(db, desk)
    assert (kind, data["affiliate_id"]) == ("sale.settled", None)
    assert data["outcome"]
    assert await told(db, own) == []


async def test_recruiters_hear_of_their_share_and_not_of_the_sale(db: Database) -> None:
    """The recruit's commission is the recruit's."""
    async with db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True}, RITA)
    anna = await join(db, "ANNA20", email="anna@example.com")
    jared = await join(db, "JARED30", recruited_by="ANNA20")
    hers, his = await listen(db, anna.id), await listen(db, jared.id, "commission.changed")
    await settle(db, facts(1))
    ((kind, share),) = await told(db, hers)
    assert (kind, share["share"], share["change_cents"]) == ("commission.changed", "recruit", 28)
    assert [data["change_cents"] for _, data in await told(db, his)] == [557]


async def test_nobody_hears_of_another_affiliate(db: Database) -> None:
    """Neither of their sales nor of what the operators do with them."""
    await join(db)
    mia = await join(db, "MIA30", email="mia@example.com")
    hers = await listen(db, mia.id)
    await settle(db, facts(1))
    assert await told(db, hers) == []


async def test_settling_costs_one_look_where_nobody_listens(db: Database) -> None:
    """One statement by index for a first sale with all that follows, none for old news."""
    async with db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True}, RITA)
    await join(db, "ANNA20", email="anna@example.com")
    await join(db, "JARED30", recruited_by="ANNA20")
    await make_milestone(db, threshold=1, bonus=1000)
    with asked_of(db) as seen:
        await settle(db, facts(1, codes=()), facts(2, customer=facts(1).customer))
    assert len(seen) == 2
    with asked_of(db) as seen:
        await settle(db, facts(1, codes=()))
    assert seen == []


async def test_the_way_of_a_payout(db: Database) -> None:
    """Asked for, approved (the first of two is none), paid; another one rejected."""
    async with db.transaction() as session:
        await program.update(session, {"two_person_payout_cents": 100}, RITA)
    jared = await join(db)
    own = await listen(db, jared.id)
    await earn(db, jared.id, 5000)
    payout = await ask(db, jared)
    await approve_payout(db, payout)
    await approve_payout(db, payout, SAM)
    async with db.transaction() as session:
        await payouts.mark_paid(session, payout.id, "PP-1", RITA)
    await earn(db, jared.id, 7000)
    other = await ask(db, jared)
    async with db.transaction() as session:
        await payouts.reject(session, other.id, "Wrong account.", RITA)
    found = await told(db, own)
    assert kinds(found) == [
        "payout.requested",
        "payout.approved",
        "payout.paid",
        "payout.requested",
        "payout.rejected",
    ]
    assert [data["amount_cents"] for _, data in found] == [5000, 5000, 5000, 7000, 7000]
    assert found[2][1]["reference"] == "PP-1"


async def test_a_transfer_that_fails_and_one_that_comes_back(db: Database) -> None:
    """Refused for good, and reversed after it was paid."""
    desk = await listen(db, None, "payout.failed", "payout.reversed")
    jared = await join(db)
    async with db.transaction() as session:
        jared.payout_method, jared.payout_destination = "stripe", "acct_1"
        session.add(jared)
    await earn(db, jared.id, 5000)
    payout = await approve_payout(db, await ask(db, jared))
    async with db.transaction() as session:
        await payouts.fail(session, payout.id, "No such account.")
    payout = await approve_payout(db, await ask(db, jared))
    async with db.transaction() as session:
        await payouts.transferred(session, payout.id, "tr_1")
    async with db.transaction() as session:
        await payouts.transfer_reversed(session, "tr_1", 5000)
    found = await told(db, desk)
    assert kinds(found) == ["payout.failed", "payout.reversed"]
    assert [data["status"] for _, data in found] == ["failed", "failed"]


async def test_pauses_tiers_milestones_and_an_erasure(db: Database) -> None:
    """Each is told when it has happened."""
    jared = await join(db)
    gold = await make_tier(db, "Gold", 1)
    await make_milestone(db, threshold=1, bonus=1000)
    desk, own = await listen(db), await listen(db, jared.id)
    async with db.transaction() as session:
        await affiliates.change_status(session, jared.id, Status.PAUSED, "A look.", RITA)
    async with db.transaction() as session:
        await affiliates.change_status(session, jared.id, Status.APPROVED, "", RITA)
    await settle(db, facts(1), later(facts(1), refunded=2900))
    async with db.transaction() as session:
        await tier_moves.give(session, jared.id, None, RITA)
    about = {"affiliate.paused", "affiliate.restored", "tier.changed"}
    about |= {"milestone.awarded", "milestone.withdrawn"}
    found = [one for one in await told(db, own) if one[0] in about]
    assert kinds(found) == [
        "affiliate.paused",
        "affiliate.restored",
        "tier.changed",
        "milestone.awarded",
        "milestone.withdrawn",
        "tier.changed",
    ]
    assert found[2][1] | {"rate_bp": 0} == {
        "affiliate_id": str(jared.id),
        "tier": gold.name,
        "rate_bp": 0,
        "by_hand": False,
    }
    assert (found[5][1]["tier"], found[5][1]["by_hand"]) == (None, True)
    async with db.transaction() as session:
        asked = await erasure.ask(session, jared.id, RITA, waives=True)
    async with db.read() as session:
        traces = await erasure.traces(session, jared.id)
    async with db.transaction() as session:
        await erasure.erase(session, asked.id, traces, RITA)
    # What was told of them before is forgotten, and so is where they wanted to hear it.
    ((kind, data),) = await told(db, desk)
    assert (kind, data["affiliate_id"]) == ("affiliate.erased", str(jared.id))
    assert jared.email not in json.dumps(data)
    async with db.read() as session:
        assert await webhook_endpoints.all_of(session, jared.id) == []


async def test_a_pause_for_fraud_and_how_it_ends(db: Database) -> None:
    """Operators hear the score; affiliates hear that they are paused, as they do by mail."""
    jared = await join(db)
    desk, own = await listen(db), await listen(db, jared.id)
    await decide(db, await flagged(db, jared), RESTORED)
    mia = await join(db, "MIA30", email="mia@example.com")
    await decide(db, await flagged(db, mia), BANNED)
    found = [one for one in await told(db, desk) if one[0].startswith("fraud.")]
    assert kinds(found) == ["fraud.paused", "fraud.restored", "fraud.paused", "fraud.banned"]
    assert found[0][1]["score"] >= 60
    assert {"affiliate.paused", "affiliate.restored"} <= set(kinds(await told(db, own)))
    assert not [kind for kind in kinds(await told(db, own)) if kind.startswith("fraud.")]
    assert "affiliate.terminated" in kinds(await told(db, desk))


async def test_a_sign_up_is_a_referral(db: Database) -> None:
    """Told once, also when the same person is heard of again."""
    jared = await join(db)
    own = await listen(db, jared.id)
    for _ in range(2):
        async with db.transaction() as session:
            who = SignUp(Touch(ref="JARED30", source_tag="blog"), user_id="u1", email="x@y.example")
            await signups.sign_up(session, who)
    ((kind, data),) = await told(db, own)
    assert (kind, data["source_tag"], data["customer_id"]) == ("referral.created", "blog", "")
    assert "x@y.example" not in json.dumps(data)


async def test_the_outcome_of_a_contest_is_told_to_everybody(db: Database) -> None:
    """Who won, to operators and to the winner; to others only that it is decided."""
    amy, ben, _ = await three(db)
    desk, winner, other = await listen(db), await listen(db, amy.id), await listen(db, ben.id)
    with clock.travel(BEFORE):
        contest = await make_contest(db)
    with clock.travel(START):
        await move(db)
    await buy(db, "AMY30", 1, START + HOUR)
    with clock.travel(END):
        await move(db)
        await confirm(db, contest, amy.id)
    for endpoint, who in ((desk, str(amy.id)), (winner, str(amy.id)), (other, None)):
        found = [data for kind, data in await told(db, endpoint) if kind == "contest.announced"]
        assert [data["winner_affiliate_id"] for data in found] == [who]


def test_every_kind_has_an_example_of_its_own_form() -> None:
    """Which the docs and the interface's document show."""
    for kind in (*KINDS.values(), TEST):
        shown = example(kind)
        assert shown["type"] == kind.name
        assert kind.words.endswith(".")
