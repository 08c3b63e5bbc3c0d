"""Applications: received, reviewed, decided once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import applications
from domain.answers import Answer
from domain.audit import Actor
from domain.errors import ConflictError, DomainError, InvalidError, NotFoundError
from storage import applications as rows
from storage import audit, links
from storage import codes as code_rows
from storage.affiliates import Affiliate
from storage.applications import Application, ApplicationSubmission
from storage.db import Database
from storage.ids import new_id
from tests.builders import (
    FORM,
    RITA,
    SAM,
    application_now,
    apply,
    approve,
    effects_asked_for,
    join,
    mails_asked_for,
    some_fields,
    some_submission,
)

Decision = Callable[[AsyncSession, UUID, Actor], Awaitable[object]]


async def everything(db: Database) -> list[Application]:
    """Every application."""
    async with db.read() as session:
        return list((await session.exec(select(Application))).all())


async def submissions(db: Database) -> list[ApplicationSubmission]:
    """Everything that was ever sent, oldest first."""
    query = select(ApplicationSubmission).order_by(col(ApplicationSubmission.id))
    async with db.read() as session:
        return list((await session.exec(query)).all())


async def kinds_asked_for(db: Database) -> list[str]:
    """The kinds of all effects that were asked for."""
    return [effect.kind for effect in await effects_asked_for(db)]


async def decide(db: Database, decision: Decision, application_id: UUID, actor: Actor) -> object:
    """Run one decision in a transaction of its own."""
    async with db.transaction() as session:
        return await decision(session, application_id, actor)


async def reject(db: Database, application_id: UUID, reason: str = "Not a fit.") -> Application:
    """Reject an application."""
    async with db.transaction() as session:
        return await applications.reject(session, application_id, reason, RITA)


class TestSubmit:
    """A form comes in."""

    async def test_a_first_one_waits_for_a_decision(self, db: Database) -> None:
        """It holds what was said, and the applicant, the operators and the directory hear."""
        answer = Answer("q1", "T-shirt", "XL")
        async with db.transaction() as session:
            submitted = await applications.submit(
                session, some_submission("s1", answer), some_fields(), FORM
            )
        stored = await application_now(db, submitted.id)
        assert (stored.status, stored.submissions) == ("pending", 1)
        assert stored.email == stored.email_key == "jared@example.com"
        assert (stored.legal_name, stored.requested_code) == ("Jared Example", "JARED30")
        assert (stored.agreed_to_terms, stored.terms_version) == (True, "v1")
        (kept,) = await submissions(db)
        assert kept.answers[0]["text"] == "XL"
        asked = {effect.kind: effect.payload for effect in await effects_asked_for(db)}
        assert set(asked) == {"card.application", "directory.person", "mail"}
        assert asked["directory.person"] == {"email_key": "jared@example.com"}
        assert await mails_asked_for(db) == [("application_received", "jared@example.com")]

    async def test_hostile_text_is_kept_as_typed(self, db: Database) -> None:
        """HTML, emoji and right-to-left text are stored and read back the same."""
        name = "<script>alert(1)</script> 🎰 جاريد"
        application = await apply(db, display_name=name)
        assert (await application_now(db, application.id)).display_name == name

    async def test_the_same_one_again_changes_nothing(self, db: Database) -> None:
        """A form that was delivered twice counts once."""
        first = await apply(db, "s1")
        before = await kinds_asked_for(db)
        again = await apply(db, "s1", legal_name="Somebody else")
        assert again.id == first.id
        assert (await application_now(db, first.id)).legal_name == "Jared Example"
        assert await kinds_asked_for(db) == before
        assert len(await submissions(db)) == 1

    async def test_a_second_one_updates_what_still_waits(self, db: Database) -> None:
        """One person, one application, however the address is spelled; one mail, too."""
        first = await apply(db)
        second = await apply(
            db, email=" JARED@Example.com", audience_size="20,000", terms={"a": False}
        )
        assert second.id == first.id
        stored = await application_now(db, first.id)
        assert (stored.audience_size, stored.submissions) == ("20,000", 2)
        assert not stored.agreed_to_terms
        assert stored.submitted_at == first.submitted_at
        assert len(await submissions(db)) == 2
        assert len(await mails_asked_for(db)) == 1

    async def test_a_second_one_never_reopens_a_decision(self, db: Database) -> None:
        """It is kept beside the decided application, which says what it said."""
        application = await apply(db)
        await reject(db, application.id)
        before = await kinds_asked_for(db)
        await apply(db, legal_name="J. Example", requested_code="JARED99")
        stored = await application_now(db, application.id)
        assert (stored.status, stored.submissions) == ("rejected", 2)
        assert stored.legal_name == "Jared Example"
        assert len(await submissions(db)) == 2
        assert (await kinds_asked_for(db))[len(before) :] == ["card.application"]

    async def test_an_affiliates_second_one_touches_nothing_of_theirs(self, db: Database) -> None:
        """Nobody can change a live affiliate by sending a form with their address."""
        affiliate = await join(db)
        await apply(db, legal_name="Mallory")
        async with db.read() as session:
            (stored,) = (await session.exec(select(Affiliate))).all()
        assert stored == affiliate

    @pytest.mark.parametrize("email", ["", "jared at example", "jared@localhost"])
    async def test_without_a_usable_address_it_is_kept_and_flagged(
        self, db: Database, email: str
    ) -> None:
        """The card says what is wrong; nobody is mailed, and no directory entry is sought."""
        application = await apply(db, email=email)
        assert application.email_key is None
        async with db.read() as session:
            view = await applications.view(session, application.id)
        assert view.needs_attention.startswith("No usable mail address: ")
        assert email in view.needs_attention
        assert await kinds_asked_for(db) == ["card.application"]

    async def test_two_without_an_address_are_two(self, db: Database) -> None:
        """Nothing says that they are the same person."""
        await apply(db, email="")
        await apply(db, email="")
        assert len(await everything(db)) == 2

    async def test_two_first_ones_at_once_are_one_application(self, db: Database) -> None:
        """Neither is lost, and neither sees an error: there is no row to lock yet."""
        await asyncio.gather(*(apply(db, f"s{n}", audience_size=str(n)) for n in range(8)))
        (application,) = await everything(db)
        assert application.submissions == 8
        assert {kept.external_id for kept in await submissions(db)} == {f"s{n}" for n in range(8)}
        assert len(await mails_asked_for(db)) == 1

    @pytest.mark.parametrize("email", ["jared@example.com", ""])
    async def test_the_same_one_twice_at_once_counts_once(self, db: Database, email: str) -> None:
        """Also where no address tells whose it is."""
        both = await asyncio.gather(*(apply(db, "s1", email=email) for _ in range(4)))
        assert len({application.id for application in both}) == 1
        (application,) = await everything(db)
        assert application.submissions == 1

    async def test_who_sent_it_is_in_the_audit_log(self, db: Database) -> None:
        """First and later ones are told apart."""
        application = await apply(db)
        await apply(db)
        async with db.read() as session:
            told = await audit.of_subject(session, f"application:{application.id}")
        assert [line.action for line in told] == [
            "application.submitted",
            "application.submitted_again",
        ]
        assert {line.origin for line in told} == {"tally"}


class TestView:
    """What a reviewer sees."""

    async def test_the_requested_code_is_judged_as_of_now(self, db: Database) -> None:
        """In upper case, since that is how it would be approved."""
        first = await apply(db, requested_code="jared30")
        async with db.read() as session:
            view = await applications.view(session, first.id)
        assert (view.code.code, view.code.problem) == ("JARED30", "")
        assert all(check.good for check in view.checks)
        await join(db, "JARED30", email="other@example.com")
        async with db.read() as session:
            view = await applications.view(session, first.id)
        assert view.code.problem == "JARED30 is taken already."
        assert view.code.suggestion == "JARED2"

    async def test_an_approved_code_is_not_called_taken(self, db: Database) -> None:
        """It is taken by this very application."""
        affiliate = await join(db, "JARED30")
        (application,) = await everything(db)
        async with db.read() as session:
            view = await applications.view(session, application.id)
        assert (view.code.code, view.code.problem) == ("JARED30", "")
        assert view.needs_attention == ""
        assert view.affiliate == affiliate

    async def test_somebody_who_is_in_already_is_pointed_out(self, db: Database) -> None:
        """Before a reviewer tries to approve them a second time."""
        async with db.transaction() as session:
            session.add(
                Affiliate(
                    reference="aff_OLD",
                    status="approved",
                    email="jared@example.com",
                    email_key="jared@example.com",
                    promo_code="OLD",
                )
            )
        application = await apply(db)
        async with db.read() as session:
            view = await applications.view(session, application.id)
        assert view.needs_attention == "jared@example.com is in the program already, with OLD."
        with pytest.raises(InvalidError, match="in the program already, with OLD"):
            await approve(db, application.id)

    async def test_what_does_not_exist_is_said(self, db: Database) -> None:
        """A card of another database, for example."""
        async with db.read() as session:
            with pytest.raises(NotFoundError):
                await applications.view(session, new_id())


class TestApprove:
    """Somebody is let in."""

    async def test_it_makes_the_affiliate_the_code_and_the_link(self, db: Database) -> None:
        """All at one moment, so that the dashboard is unlocked when the click is committed."""
        moment = clock.now() + timedelta(days=2)
        application = await apply(db)
        with clock.travel(moment):
            affiliate = await approve(db, application.id, "JARED30")
        stored = await application_now(db, application.id)
        assert (stored.status, stored.decided_by, stored.decided_at) == (
            "approved",
            "@rita",
            moment,
        )
        assert (stored.chosen_code, stored.affiliate_id) == ("JARED30", affiliate.id)
        assert (affiliate.reference, affiliate.promo_code) == ("aff_JARED30", "JARED30")
        assert (affiliate.status, affiliate.approved_at) == ("approved", moment)
        assert affiliate.submitted_at == application.submitted_at
        async with db.read() as session:
            code = await code_rows.by_code(session, "JARED30")
            link = await links.of_affiliate(session, affiliate.id)
        assert code is not None
        assert (code.discount_type, code.discount_value, code.first_purchase_only) == (
            "percentage",
            30,
            True,
        )
        assert code.affiliate_user_id == affiliate.id
        assert link is not None
        assert link.ref == "JARED30"

    async def test_its_effects_are_asked_for_one_by_one(self, db: Database) -> None:
        """Promotion code, card, directory and mail: each can fail and be tried again alone."""
        application = await apply(db)
        before = len(await effects_asked_for(db))
        affiliate = await approve(db, application.id)
        asked = {effect.kind: effect for effect in (await effects_asked_for(db))[before:]}
        assert set(asked) == {"promotion_code", "card.application", "directory.person", "mail"}
        assert asked["card.application"].lane == f"card:{application.id}"
        assert asked["mail"].payload == {
            "template": "application_approved",
            "to": "jared@example.com",
            "context": {"affiliate": str(affiliate.id)},
        }

    async def test_a_later_second_approval_says_who_was_first(self, db: Database) -> None:
        """And changes nothing."""
        application = await apply(db)
        await approve(db, application.id, actor=RITA)
        before = await kinds_asked_for(db)
        with pytest.raises(ConflictError, match=r"^Already approved by @rita\.$"):
            await approve(db, application.id, "JARED31", actor=SAM)
        assert await kinds_asked_for(db) == before

    @pytest.mark.parametrize("code", ["jared30", "JARED 30", "VIP", "", "TAKEN"])
    async def test_a_bad_code_decides_nothing(self, db: Database, code: str) -> None:
        """The error names the field and a better code; the application waits on."""
        await join(db, "TAKEN", email="other@example.com")
        application = await apply(db)
        with pytest.raises(InvalidError) as error:
            await approve(db, application.id, code)
        assert "would work." in error.value.fields["code"]
        assert (await application_now(db, application.id)).status == "pending"

    async def test_without_an_address_nobody_is_let_in(self, db: Database) -> None:
        """Their mail would reach nobody; once it is set, they are."""
        application = await apply(db, email="")
        with pytest.raises(InvalidError, match="No usable mail address"):
            await approve(db, application.id)
        async with db.transaction() as session:
            await applications.set_email(session, application.id, "jared@example.com", RITA)
        assert (await approve(db, application.id)).email == "jared@example.com"

    async def test_two_people_at_once_get_one_code_once(self, db: Database) -> None:
        """Two applications, one code, one moment: one is approved, the other told why not."""
        one = await apply(db, email="one@example.com")
        two = await apply(db, email="two@example.com")
        results = await asyncio.gather(
            approve(db, one.id, "JARED30", RITA),
            approve(db, two.id, "JARED30", SAM),
            return_exceptions=True,
        )
        (approved,) = [r for r in results if isinstance(r, Affiliate)]
        (refused,) = [r for r in results if isinstance(r, InvalidError)]
        assert str(refused).startswith("JARED30 is taken already. ")
        assert approved.promo_code == "JARED30"
        statuses = sorted(application.status for application in await everything(db))
        assert statuses == ["approved", "pending"]

    @pytest.mark.parametrize("code", ["OLDNAME", "OLDLINK"])
    async def test_a_code_in_somebodys_public_id_or_link_is_taken(
        self, db: Database, code: str
    ) -> None:
        """Two affiliates never share an `aff_…` id or a referral link."""
        other = await join(db, "OLDNAME", email="other@example.com")
        async with db.transaction() as session:
            session.add(links.ReferralLink(affiliate_user_id=other.id, ref="OLDLINK"))
            renamed = await code_rows.by_code(session, "OLDNAME")
            assert renamed is not None
            renamed.code = "NEWNAME"
        application = await apply(db)
        with pytest.raises(InvalidError, match=f"{code} is taken already"):
            await approve(db, application.id, code)


class TestReject:
    """Somebody is turned away."""

    async def test_they_are_told_why(self, db: Database) -> None:
        """The reason is kept and mailed; no affiliate is made."""
        application = await apply(db)
        await reject(db, application.id, "  Not a fit. ")
        stored = await application_now(db, application.id)
        assert (stored.status, stored.decided_by, stored.decision_reason) == (
            "rejected",
            "@rita",
            "Not a fit.",
        )
        assert (await mails_asked_for(db))[-1] == ("application_rejected", "jared@example.com")
        async with db.read() as session:
            assert (await session.exec(select(Affiliate))).all() == []

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
    async def test_a_reason_is_needed_and_short(self, db: Database, reason: str) -> None:
        """Nobody is turned away without a word, nor with a book."""
        application = await apply(db)
        with pytest.raises(InvalidError) as error:
            await reject(db, application.id, reason)
        assert "reason" in error.value.fields
        assert (await application_now(db, application.id)).status == "pending"

    async def test_without_an_address_it_is_decided_without_a_mail(self, db: Database) -> None:
        """Spam is cleared away."""
        application = await apply(db, email="")
        await reject(db, application.id)
        assert await mails_asked_for(db) == []


class TestDecidedAtOnce:
    """Two people click at the same moment: one decision, and one who hears whose it was."""

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("approve", "approve"),
            ("approve", "reject"),
            ("reject", "reject"),
            ("approve", "set_promo_code"),
        ],
    )
    async def test_one_wins(self, db: Database, first: str, second: str) -> None:
        """Whoever loses gets a sentence with the winner's name, and leaves no trace."""
        calls: dict[str, Decision] = {
            "approve": lambda s, i, a: applications.approve(s, i, f"{a.name[1:].upper()}30", a),
            "reject": lambda s, i, a: applications.reject(s, i, f"{a.name} says no", a),
            "set_promo_code": lambda s, i, a: applications.set_promo_code(s, i, "SAM30", a),
        }
        application = await apply(db)
        results = await asyncio.gather(
            decide(db, calls[first], application.id, RITA),
            decide(db, calls[second], application.id, SAM),
            return_exceptions=True,
        )
        stored = await application_now(db, application.id)
        assert stored.decided_by in {"@rita", "@sam"}
        losers = [result for result in results if isinstance(result, BaseException)]
        if second == "set_promo_code" and not losers:  # it came first, which is no conflict
            assert stored.chosen_code == "RITA30"
            return
        (loser,) = losers
        assert isinstance(loser, ConflictError)
        assert str(loser) == f"Already {stored.status} by {stored.decided_by}."
        mails = [template for template, _ in await mails_asked_for(db)]
        assert mails == ["application_received", f"application_{stored.status}"]


class TestSetPromoCode:
    """A reviewer chooses the code ahead of the decision."""

    async def test_the_choice_is_kept_and_shown(self, db: Database) -> None:
        """The card is brought up to date, and the choice outlives another submission."""
        application = await apply(db, requested_code="VIP")
        async with db.transaction() as session:
            await applications.set_promo_code(session, application.id, "JARED", RITA)
        await apply(db, requested_code="FREE")
        async with db.read() as session:
            view = await applications.view(session, application.id)
        assert (view.code.code, view.code.problem) == ("JARED", "")

    async def test_a_bad_one_is_refused(self, db: Database) -> None:
        """As at the approval itself."""
        application = await apply(db)
        async with db.transaction() as session:
            with pytest.raises(InvalidError, match="too generic"):
                await applications.set_promo_code(session, application.id, "VIP", RITA)


class TestSetEmail:
    """A reviewer gives an application the address that it lacked."""

    async def test_it_then_is_that_persons(self, db: Database) -> None:
        """Their next submission updates it, and the directory hears of them."""
        application = await apply(db, email="")
        async with db.transaction() as session:
            await applications.set_email(session, application.id, " Jared@example.com ", RITA)
        assert (await apply(db)).id == application.id
        assert "directory.person" in await kinds_asked_for(db)

    async def test_no_address_is_refused(self, db: Database) -> None:
        """With the field's name, for the form."""
        application = await apply(db, email="")
        async with db.transaction() as session:
            with pytest.raises(InvalidError) as error:
                await applications.set_email(session, application.id, "jared", RITA)
        assert set(error.value.fields) == {"email"}

    async def test_somebody_elses_is_refused(self, db: Database) -> None:
        """One person, one application."""
        await apply(db)
        lacking = await apply(db, email="")
        async with db.transaction() as session:
            with pytest.raises(InvalidError, match=r"has an application already \(pending\)"):
                await applications.set_email(session, lacking.id, "jared@example.com", RITA)

    async def test_while_that_person_applies_it_ends_in_one_application(self, db: Database) -> None:
        """Either the form finds the mended application, or the mending finds the form's."""
        lacking = await apply(db, email="")

        async def mend() -> None:
            async with db.transaction() as session:
                await applications.set_email(session, lacking.id, "jared@example.com", RITA)

        results = await asyncio.gather(mend(), apply(db), return_exceptions=True)
        assert all(not isinstance(r, BaseException) or isinstance(r, DomainError) for r in results)
        found = [a for a in await everything(db) if a.email_key == "jared@example.com"]
        assert len(found) == 1


class TestReopen:
    """A rejection is taken back."""

    async def test_it_waits_again_as_if_undecided(self, db: Database) -> None:
        """And can be approved then."""
        application = await apply(db)
        await reject(db, application.id)
        async with db.transaction() as session:
            await applications.reopen(session, application.id, SAM)
        stored = await application_now(db, application.id)
        assert (stored.status, stored.decided_at) == ("pending", None)
        assert stored.decided_by == stored.decision_reason == ""
        async with db.read() as session:
            assert [waiting.id for waiting in await rows.queue(session)] == [application.id]
        assert (await approve(db, application.id)).status == "approved"

    async def test_only_a_rejection_can_be(self, db: Database) -> None:
        """What waits or is approved is left alone, and what does not exist is said."""
        waiting = await apply(db)
        approved = await apply(db, email="other@example.com")
        await approve(db, approved.id)
        for application in (waiting, approved):
            async with db.transaction() as session:
                with pytest.raises(ConflictError, match="Only a rejected application"):
                    await applications.reopen(session, application.id, SAM)
        async with db.transaction() as session:
            with pytest.raises(NotFoundError):
                await applications.reopen(session, new_id(), SAM)
