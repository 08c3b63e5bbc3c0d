"""Affiliates: let in, paused, restored, terminated, adopted."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from domain import affiliates, program
from domain.affiliates import DirectoryEntry
from domain.audit import SYSTEM, Actor
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.statuses import Status
from storage import affiliates as rows
from storage import audit, links
from storage import codes as code_rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ids import new_id
from storage.ledger import LedgerEntry
from storage.referrals import Referral
from tests.builders import (
    RITA,
    SAM,
    affiliate_now,
    apply,
    approve,
    effects_asked_for,
    join,
    mails_asked_for,
)

APPROVED_AT = datetime(2026, 6, 11, tzinfo=UTC)
ENTRY = DirectoryEntry(
    email="mia@example.com",
    user_id="user_1",
    status=Status.APPROVED,
    promo_code="MIA30",
    approved_at=APPROVED_AT,
    terms_version="v1",
    reference="aff_MIA30",
    stripe_coupon_id="coupon_1",
    stripe_promotion_code_id="promo_1",
)


async def change(
    db: Database, affiliate: Affiliate, status: Status, reason: str = "Why.", actor: Actor = RITA
) -> Affiliate:
    """Change an affiliate's status."""
    async with db.transaction() as session:
        return await affiliates.change_status(session, affiliate.id, status, reason, actor)


async def adopt(db: Database, entry: DirectoryEntry = ENTRY) -> Affiliate | None:
    """Take in an affiliate of the directory."""
    async with db.transaction() as session:
        return await affiliates.adopt(session, entry, SYSTEM)


async def code_status(db: Database, code: str) -> str:
    """Whether a code works."""
    async with db.read() as session:
        found = await code_rows.by_code(session, code)
    assert found is not None
    return found.status


class TestChangeStatus:
    """Paused, restored, terminated."""

    @pytest.mark.parametrize(
        ("steps", "code", "mail"),
        [
            ([Status.PAUSED], "paused", "affiliate_paused"),
            ([Status.PAUSED, Status.APPROVED], "active", "affiliate_restored"),
            ([Status.TERMINATED], "paused", "affiliate_terminated"),
            ([Status.PAUSED, Status.TERMINATED], "paused", "affiliate_terminated"),
        ],
    )
    async def test_the_code_follows_and_they_are_told(
        self, db: Database, steps: list[Status], code: str, mail: str
    ) -> None:
        """Status, code, mail, directory and the operators' card change together."""
        affiliate = await join(db)
        for status in steps:
            before = len(await effects_asked_for(db))
            await change(db, affiliate, status)
        stored = await affiliate_now(db, affiliate.id)
        assert stored.status == steps[-1]
        assert stored.status_reason == ("" if steps[-1] == Status.APPROVED else "Why.")
        assert await code_status(db, "JARED30") == code
        assert (await mails_asked_for(db))[-1] == (mail, "jared@example.com")
        asked = {effect.kind for effect in (await effects_asked_for(db))[before:]}
        assert {"directory.person", "card.application", "mail"} <= asked

    async def test_who_did_it_and_why_is_kept(self, db: Database) -> None:
        """In the audit log."""
        affiliate = await join(db)
        await change(db, affiliate, Status.PAUSED, " Spam reports ", SAM)
        async with db.read() as session:
            line = (await audit.of_subject(session, f"affiliate:{affiliate.id}"))[-1]
        assert (line.action, line.actor) == ("affiliate.paused", "U-SAM (@sam)")
        assert line.detail == {"reason": "Spam reports"}

    @pytest.mark.parametrize(
        ("steps", "sentence"),
        [
            ([Status.APPROVED], "JARED30 is approved already."),
            ([Status.PAUSED, Status.PAUSED], "JARED30 is paused already."),
            ([Status.TERMINATED, Status.APPROVED], "JARED30 is terminated: it cannot be approved."),
            ([Status.TERMINATED, Status.PAUSED], "JARED30 is terminated: it cannot be paused."),
            ([Status.PENDING], "JARED30 is approved: it cannot be pending."),
            ([Status.REJECTED], "JARED30 is approved: it cannot be rejected."),
        ],
    )
    async def test_a_step_that_makes_no_sense_is_refused(
        self, db: Database, steps: list[Status], sentence: str
    ) -> None:
        """With where they stand, and nothing changes."""
        affiliate = await join(db)
        for status in steps[:-1]:
            await change(db, affiliate, status)
        before = len(await effects_asked_for(db))
        with pytest.raises(ConflictError) as error:
            await change(db, affiliate, steps[-1])
        assert str(error.value) == sentence
        assert len(await effects_asked_for(db)) == before

    @pytest.mark.parametrize("status", [Status.PAUSED, Status.TERMINATED])
    async def test_stopping_somebody_takes_a_reason(self, db: Database, status: Status) -> None:
        """It is mailed to them; restoring them needs none."""
        affiliate = await join(db)
        with pytest.raises(InvalidError):
            await change(db, affiliate, status, " ")
        assert (await affiliate_now(db, affiliate.id)).status == "approved"

    async def test_two_at_once_are_one_change(self, db: Database) -> None:
        """One pauses, the other hears that they are paused; one mail goes out."""
        affiliate = await join(db)
        results = await asyncio.gather(
            change(db, affiliate, Status.PAUSED, actor=RITA),
            change(db, affiliate, Status.PAUSED, actor=SAM),
            return_exceptions=True,
        )
        (loser,) = [result for result in results if isinstance(result, BaseException)]
        assert isinstance(loser, ConflictError)
        assert [mail for mail, _ in await mails_asked_for(db)].count("affiliate_paused") == 1

    async def test_nobody_is_told_by_a_wrong_id(self, db: Database) -> None:
        """An affiliate who does not exist is said not to."""
        async with db.transaction() as session:
            with pytest.raises(NotFoundError):
                await affiliates.change_status(session, new_id(), Status.PAUSED, "Why.", RITA)


class TestAdopt:
    """Somebody who was approved before this program ran here."""

    async def test_they_come_in_as_they_were(self, db: Database) -> None:
        """Code, dates, ids at the payment provider; and nothing is done outside again."""
        affiliate = await adopt(db)
        assert affiliate is not None
        stored = await affiliate_now(db, affiliate.id)
        assert (stored.email, stored.promo_code, stored.reference) == (
            "mia@example.com",
            "MIA30",
            "aff_MIA30",
        )
        assert (stored.status, stored.approved_at) == ("approved", APPROVED_AT)
        assert stored.clerk_user_id == "user_1"
        async with db.read() as session:
            code = await code_rows.by_code(session, "MIA30")
            link = await links.of_affiliate(session, affiliate.id)
        assert code is not None
        assert (code.status, code.discount_value) == ("active", 30)
        assert (code.stripe_coupon_id, code.stripe_promotion_code_id) == ("coupon_1", "promo_1")
        assert link is not None
        assert link.ref == "MIA30"
        assert await effects_asked_for(db) == []

    async def test_a_paused_one_is_paused_here(self, db: Database) -> None:
        """Their code does not come back to life."""
        affiliate = await adopt(db, replace(ENTRY, status=Status.PAUSED, promo_code=" mia30 "))
        assert affiliate is not None
        assert affiliate.status == "paused"
        assert await code_status(db, "MIA30") == "paused"

    @pytest.mark.parametrize(
        "entry",
        [
            replace(ENTRY, status=Status.PENDING),
            replace(ENTRY, status=Status.REJECTED),
            replace(ENTRY, status=Status.TERMINATED),
            replace(ENTRY, promo_code=" "),
        ],
    )
    async def test_who_was_not_let_in_there_is_not_here(
        self, db: Database, entry: DirectoryEntry
    ) -> None:
        """Only a standing approval with a code counts."""
        assert await adopt(db, entry) is None

    @pytest.mark.parametrize(
        "entry",
        [
            replace(ENTRY, email="Jared@Example.com"),
            replace(ENTRY, promo_code="jared30"),
            replace(ENTRY, reference="aff_JARED30"),
            replace(ENTRY, reference="", promo_code="OLDLINK"),
        ],
    )
    async def test_what_is_known_here_is_the_truth(
        self, db: Database, entry: DirectoryEntry
    ) -> None:
        """Nobody takes over an address, a code, a public id or a link that is here already."""
        jared = await join(db)
        async with db.transaction() as session:
            session.add(links.ReferralLink(affiliate_user_id=jared.id, ref="OLDLINK"))
        assert await adopt(db, entry) is None
        async with db.read() as session:
            assert (await session.exec(select(Affiliate))).all() == [jared]

    async def test_the_same_one_twice_at_once_comes_in_once(self, db: Database) -> None:
        """Two sign-ins of one person at one moment."""
        results = await asyncio.gather(*(adopt(db) for _ in range(4)))
        assert len([affiliate for affiliate in results if affiliate]) == 1

    async def test_while_they_are_approved_here_one_of_both_wins(self, db: Database) -> None:
        """Never two affiliates of one address, never a raw error of the database."""
        application = await apply(db, email="mia@example.com")
        results = await asyncio.gather(
            adopt(db), approve(db, application.id, "MIA2"), return_exceptions=True
        )
        errors = [result for result in results if isinstance(result, BaseException)]
        assert all(isinstance(error, InvalidError) for error in errors)
        async with db.read() as session:
            assert len((await session.exec(select(Affiliate))).all()) == 1


class TestOverview:
    """What the dashboard opens with."""

    async def test_money_and_referrals_are_counted(self, db: Database) -> None:
        """Available and pending apart, by currency; referrals by plan and status; only theirs."""
        jared = await join(db)
        other = await join(db, "MIA30", email="mia@example.com")
        async with db.transaction() as session:
            for n, (whose, amount, day) in enumerate(
                [(jared, 1000, 1), (jared, -250, 1), (jared, 400, 99), (other, 7, 1)]
            ):
                session.add(
                    LedgerEntry(
                        affiliate_user_id=whose.id,
                        amount=amount,
                        currency="usd",
                        reason="test",
                        source=f"test:{n}",
                        available_at=datetime(2026 + day // 99 * 100, 1, 1, tzinfo=UTC),
                    )
                )
            for n, (plan, status) in enumerate(
                [("monthly", "active"), ("monthly", "active"), ("yearly", "canceled")]
            ):
                session.add(
                    Referral(
                        affiliate_user_id=jared.id, customer_id=f"c{n}", plan=plan, status=status
                    )
                )
        async with db.read() as session:
            settings = await program.load(session)
            person = await affiliate_now(db, jared.id)
            seen = await affiliates.overview(session, person, settings)
        assert seen.link_ref == "JARED30"
        assert seen.balances == {"usd": (750, 400)}
        assert seen.breakdown == [("monthly", "active", 2), ("yearly", "canceled", 1)]


async def test_people_are_found_by_what_operators_know_of_them(db: Database) -> None:
    """Name, address, code or public id, in any case; signs of patterns mean themselves."""
    jared = await join(db)
    for text in ("jared ex", "JARED@", "ared3", "aff_jared"):
        async with db.read() as session:
            assert [found.id for found in await rows.find(session, text)] == [jared.id]
    for text in ("%", "_ared", "nobody"):
        async with db.read() as session:
            assert await rows.find(session, text) == []
    async with db.read() as session:
        assert await rows.count_by_status(session) == {"approved": 1}
