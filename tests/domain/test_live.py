"""Hints for open pages: whatever an affiliate sees says when it changes, to them alone."""

from domain import affiliates, live, sessions, tier_moves
from domain.statuses import Status
from storage.db import Database
from tests.builders import RITA, facts, join, later, settle
from tests.payout_builders import approve_payout, ask, rich
from tests.tier_builders import make_tier


async def test_what_an_affiliate_sees_is_told_to_them_alone(db: Database) -> None:
    """A commission and its refund, each step of a payout, a tier by hand, a pause."""
    jared, leo = (
        await rich(db, method="paypal", to="jared@paypal.example.com"),
        await join(db, "LEO30", email="leo@example.com"),
    )
    gold = await make_tier(db, threshold=50)
    told: list[str] = []
    steps: list[str] = []

    def since(step: str) -> None:
        if told:
            steps.append(step)
        told.clear()

    with (
        db.listening(lambda: told.append("jared"), live.topic_of(jared.id)),
        db.listening(lambda: steps.append("leo was told"), live.topic_of(leo.id)),
    ):
        await settle(db, facts())
        since("sale")
        await settle(db, later(facts()))
        since("nothing new")
        await settle(db, later(later(facts()), refunded=2900))
        since("refund")
        payout = await ask(db, jared)
        since("request")
        await approve_payout(db, payout)
        since("approval")
        async with db.transaction() as session:
            await tier_moves.give(session, jared.id, gold.id, RITA)
        since("tier")
        async with db.transaction() as session:
            await affiliates.change_status(session, jared.id, Status.PAUSED, "a break", RITA)
        since("pause")
    assert steps == ["sale", "refund", "request", "approval", "tier", "pause"]


async def test_places_move_with_the_sales_of_others(db: Database) -> None:
    """With each sale, each refund, and who is let in or not; not with what brings nothing new."""
    jared = await join(db)
    told: list[str] = []
    with db.listening(lambda: told.append("moved"), live.STANDINGS):
        await settle(db, facts())
        await settle(db, later(facts()))
        assert told == ["moved"]
        await settle(db, later(later(facts()), refunded=2900))
        assert len(told) == 2
        async with db.transaction() as session:
            await affiliates.change_status(session, jared.id, Status.PAUSED, "a break", RITA)
    assert len(told) == 3


async def test_who_signs_out_is_told_apart(db: Database) -> None:
    """The topic of a person does not say who it is, and letter case makes no other person."""
    told: list[str] = []
    with db.listening(lambda: told.append("mia"), live.person_topic("mia@example.com")):
        for email in ("mia@example.com", "leo@example.com"):
            async with db.transaction() as session:
                await sessions.open_for(session, email, "Firefox", "link")
            async with db.transaction() as session:
                await sessions.revoke(session, email.upper())
            async with db.transaction() as session:
                await sessions.revoke(session, email)  # none is left: nothing to tell
    assert told == ["mia"]
    assert "mia" not in live.person_topic("mia@example.com")
