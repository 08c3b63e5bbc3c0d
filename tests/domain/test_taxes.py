"""Tax forms: kept in versions, sealed, decided on by finance, and needed before any payout."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

import clock
from domain import effects, payouts, program, tax_secrets, tax_withholding, taxes
from domain.errors import ConflictError, DomainError, InvalidError
from domain.payout_barriers import claim_of, first_barrier
from domain.payout_views import view as payout_view
from domain.statement_mails import summaries
from domain.statements import Month, statement
from domain.taxes import MISSING, RETURNED, SUBMITTED, VERIFIED
from storage import audit, ledger, stats
from storage import taxes as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.taxes import TaxForm
from tests.builders import RITA, SAM, effects_asked_for, join, mails_asked_for
from tests.payout_builders import (
    approve_payout,
    ask,
    balance,
    earn,
    movements,
    payout_now,
    rich,
)
from tests.tax_builders import (
    FINANCE,
    GERMAN,
    OWNER,
    SIGNED_FROM,
    SSN,
    draft,
    seal,
    send,
    send_back,
    standing,
    verify,
)


async def form_now(db: Database, form: TaxForm) -> TaxForm:
    """A form as stored."""
    async with db.read() as session:
        found = await rows.get(session, form.id)
    assert found is not None
    return found


async def refusal(db: Database, affiliate: Affiliate) -> DomainError | None:
    """What stops a payout."""
    async with db.read() as session:
        return await first_barrier(session, await claim_of(session, affiliate, "usd"))


async def actions(db: Database, affiliate: Affiliate) -> list[str]:
    """What the log says of an affiliate's taxes."""
    async with db.read() as session:
        lines = await audit.of_subject(session, f"affiliate:{affiliate.id}")
    return [line.action for line in lines if line.action.startswith("tax.")]


async def settings(db: Database, **changes: object) -> None:
    """Change the program."""
    async with db.transaction() as session:
        await program.update(session, changes, RITA)


class TestForms:
    """Sending one, and what finance does with it."""

    async def test_a_form_is_kept_sealed_with_its_last_four(self, db: Database) -> None:
        """The number, the birthday and the address are in none of the columns."""
        seal(db)
        jared = await join(db)
        form = await form_now(db, await send(db, jared.id))
        kept = form.model_dump_json()
        for secret in (SSN, SSN.replace("-", ""), SIGNED_FROM):
            assert secret not in kept
        assert (form.tax_id_type, form.tax_id_last4, form.version) == ("ssn", "4399", 1)
        assert (await standing(db, jared.id)).status == SUBMITTED
        assert ("tax_submitted", jared.email) in await mails_asked_for(db)
        asked = [each.kind for each in await effects_asked_for(db)]
        assert effects.TAX_CARD in asked

    async def test_every_version_stays_and_the_newest_counts(self, db: Database) -> None:
        """With its own sentences and signature."""
        seal(db)
        jared = await join(db)
        await verify(db, await send(db, jared.id))
        await send(db, jared.id, legal_name="Jared New", signed_name="Jared New")
        async with db.read() as session:
            kept = await rows.versions(session, jared.id)
        assert [(each.version, each.is_current, each.legal_name) for each in kept] == [
            (2, True, "Jared New"),
            (1, False, "Jared Example"),
        ]
        assert (await standing(db, jared.id)).status == SUBMITTED

    async def test_one_form_sent_twice_at_once_is_kept_once(self, db: Database) -> None:
        """A double click; the second is told so."""
        seal(db)
        jared = await join(db)

        async def once() -> None:
            async with db.transaction() as session:
                await taxes.submit(
                    session, jared.id, draft(), signed_from="x", after=0, actor=OWNER
                )

        outcomes = await asyncio.gather(once(), once(), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == ["ConflictError", "NoneType"]
        async with db.read() as session:
            assert len(await rows.versions(session, jared.id)) == 1

    async def test_finance_verifies_once(self, db: Database) -> None:
        """And the log says who."""
        seal(db)
        jared = await join(db)
        form = await send(db, jared.id)
        await verify(db, form)
        with pytest.raises(ConflictError, match="already"):
            await verify(db, form)
        assert (await standing(db, jared.id)).status == VERIFIED
        assert (await form_now(db, form)).decided_by == RITA.name
        assert await actions(db, jared) == ["tax.submitted", "tax.verified"]

    async def test_finance_sends_back_with_a_reason(self, db: Database) -> None:
        """Mailed; the form counts as missing until a new one comes."""
        seal(db)
        jared = await join(db)
        form = await send(db, jared.id)
        with pytest.raises(InvalidError):
            await send_back(db, form, " ")
        await verify(db, form)
        await send_back(db, form)
        found = await standing(db, jared.id)
        assert (found.status, found.why) == (MISSING, RETURNED)
        assert ("tax_returned", jared.email) in await mails_asked_for(db)
        with pytest.raises(ConflictError, match="sent back already"):
            await verify(db, form)
        await send(db, jared.id)
        assert (await standing(db, jared.id)).status == SUBMITTED

    async def test_only_the_newest_form_is_decided_on(self, db: Database) -> None:
        """A press on an old card does nothing to the new form."""
        seal(db)
        jared = await join(db)
        old = await send(db, jared.id)
        await send(db, jared.id)
        for decide in (verify, send_back):
            with pytest.raises(ConflictError, match="newer form"):
                await decide(db, old)
        assert (await standing(db, jared.id)).status == SUBMITTED

    async def test_a_w8_counts_until_the_end_of_the_third_year(self, db: Database) -> None:
        """And a W-9 without an end."""
        signed = datetime(2026, 3, 5, tzinfo=UTC)
        assert taxes.expiry("w8ben", signed) == datetime(2030, 1, 1, tzinfo=UTC)
        assert taxes.expiry("w9", signed) is None
        seal(db)
        jared = await join(db)
        form = await send(db, jared.id, GERMAN)
        async with db.transaction() as session:
            form.expires_at = clock.now() + timedelta(days=59)
            session.add(form)
        for _ in range(2):
            async with db.transaction() as session:
                await taxes.tell_expiring(session)
        assert (await mails_asked_for(db)).count(("tax_expiring", jared.email)) == 1
        assert (await standing(db, jared.id)).status == SUBMITTED
        async with db.transaction() as session:
            form.expires_at = clock.now()
            session.add(form)
        found = await standing(db, jared.id)
        assert (found.status, found.words) == (MISSING, "missing (W-8BEN expired)")

    async def test_nobody_is_told_too_early_or_too_late(self, db: Database) -> None:
        """Of a form that is over, the payouts page speaks."""
        seal(db)
        jared = await join(db)
        form = await send(db, jared.id, GERMAN)
        for moved in (timedelta(days=61), timedelta(days=-1)):
            async with db.transaction() as session:
                form.expires_at = clock.now() + moved
                session.add(form)
            async with db.transaction() as session:
                await taxes.tell_expiring(session)
        assert ("tax_expiring", jared.email) not in await mails_asked_for(db)


class TestSecrets:
    """Opening what is sealed."""

    async def test_each_reading_is_written_down(self, db: Database) -> None:
        """Who, and what for; never the number."""
        seal(db)
        jared = await join(db)
        form = await send(db, jared.id)
        async with db.transaction() as session:
            secrets = await tax_secrets.read(session, form, FINANCE, "Matching at the IRS")
        assert (secrets.tax_id, secrets.signed_from) == (SSN.replace("-", ""), SIGNED_FROM)
        assert "4399" not in repr(secrets)
        async with db.read() as session:
            line = (await audit.of_subject(session, f"affiliate:{jared.id}"))[-1]
        assert (line.action, line.detail["why"]) == ("tax.read", "Matching at the IRS")
        assert RITA.id in line.actor

    async def test_nobody_reads_without_a_purpose(self, db: Database) -> None:
        """Not even finance."""
        seal(db)
        form = await send(db, (await join(db)).id)
        with pytest.raises(InvalidError):
            async with db.transaction() as session:
                await tax_secrets.read(session, form, FINANCE, " ")

    async def test_a_lost_key_is_a_sentence_and_stops_nothing_else(self, db: Database) -> None:
        """The form can be looked at and sent back; finance is told whom to ask."""
        seal(db)
        jared = await join(db)
        form = await send(db, jared.id)
        seal(db)
        with pytest.raises(ConflictError, match="JARED30 was sealed with a key"):
            async with db.transaction() as session:
                await tax_secrets.read(session, form, FINANCE, "A check")
        async with db.transaction() as session:
            changed, stuck = await tax_secrets.reseal(session, [form.id])
            await tax_secrets.tell_locked(session, stuck)
        assert (changed, [each.id for each in stuck]) == (0, [form.id])
        told = [each.payload for each in await effects_asked_for(db) if each.kind == "card.notice"]
        assert "JARED30" in told[-1]["text"]
        await send_back(db, form)
        await send(db, jared.id)
        assert (await standing(db, jared.id)).status == SUBMITTED

    async def test_keys_are_changed_without_losing_a_form(self, db: Database) -> None:
        """After sealing anew, the old key is not needed."""
        (old,) = seal(db)
        jared = await join(db)
        form = await send(db, jared.id)
        new, _ = seal(db, "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", old)
        for expected in (1, 0):
            async with db.transaction() as session:
                assert await tax_secrets.reseal(session, [form.id]) == (expected, [])
        seal(db, new)
        form = await form_now(db, form)
        async with db.transaction() as session:
            assert (await tax_secrets.read(session, form, FINANCE, "A check")).tax_id == "536904399"

    async def test_without_keys_nothing_is_taken(self, db: Database) -> None:
        """And a payout needs no form."""
        jared = await rich(db)
        with pytest.raises(ConflictError, match="TAX_ENCRYPTION_KEYS"):
            await send(db, jared.id)
        assert await refusal(db, jared) is None


class TestBarrier:
    """No payout without a form."""

    async def test_a_form_is_needed(self, db: Database) -> None:
        """Missing, sent back and expired ones each say so; a submitted one is enough."""
        seal(db)
        jared = await rich(db)
        assert "we need your tax form" in str(await refusal(db, jared))
        with pytest.raises(InvalidError):
            await ask(db, jared)
        form = await send(db, jared.id, GERMAN)
        assert await refusal(db, jared) is None
        await send_back(db, form)
        assert "sent back" in str(await refusal(db, jared))
        form = await send(db, jared.id, GERMAN)
        async with db.transaction() as session:
            form.expires_at = clock.now()
            session.add(form)
        assert "expired" in str(await refusal(db, jared))

    async def test_a_program_may_want_it_verified(self, db: Database) -> None:
        """A setting."""
        seal(db)
        await settings(db, tax_form_needed="verified")
        jared = await rich(db)
        form = await send(db, jared.id)
        assert "looked at" in str(await refusal(db, jared))
        await verify(db, form)
        assert await refusal(db, jared) is None

    async def test_an_open_payout_keeps_its_form(self, db: Database) -> None:
        """A new form is taken meanwhile, and finance sees both."""
        seal(db)
        jared = await rich(db)
        first = await send(db, jared.id)
        payout = await ask(db, jared)
        second = await send(db, jared.id)
        assert (await payout_now(db, payout.id)).tax_form_id == first.id
        async with db.read() as session:
            seen = await payout_view(session, payout.id)
        assert seen.tax_form is not None
        assert seen.tax is not None
        assert seen.tax.form is not None
        assert (seen.tax_form.id, seen.tax.form.id) == (first.id, second.id)
        await approve_payout(db, payout)

    async def test_a_form_sent_back_meanwhile_stops_the_approval(self, db: Database) -> None:
        """Until there is one that counts; the payout can still be rejected."""
        seal(db)
        jared = await rich(db)
        form = await send(db, jared.id)
        payout = await ask(db, jared)
        await send_back(db, form)
        with pytest.raises(ConflictError, match="JARED30"):
            await approve_payout(db, payout)
        await send(db, jared.id)
        await approve_payout(db, payout)

    async def test_what_is_paid_already_stays_paid(self, db: Database) -> None:
        """An approved payout goes its way whatever becomes of the form."""
        seal(db)
        jared = await rich(db)
        form = await send(db, jared.id)
        payout = await approve_payout(db, await ask(db, jared))
        await send_back(db, form)
        async with db.transaction() as session:
            await payouts.mark_paid(session, payout.id, "PP-1", RITA)
        assert (await payout_now(db, payout.id)).status == "paid"


class TestWithholding:
    """A part of a payout for the tax office."""

    async def start(self, db: Database, amount: int = 10_001) -> tuple[Affiliate, TaxForm]:
        """Jared, of whom 24 % are withheld."""
        seal(db)
        await settings(db, backup_withholding_bp=2400)
        jared = await rich(db, amount)
        form = await send(db, jared.id)
        for _ in range(2):
            async with db.transaction() as session:
                await tax_withholding.switch(session, form.id, on=True, actor=FINANCE)
        return jared, form

    async def test_a_part_is_withheld_and_the_sums_hold(self, db: Database) -> None:
        """The balance is empty, the payout is the rest, and the statement shows both."""
        jared, _ = await self.start(db)
        payout = await ask(db, jared)
        assert (payout.amount_cents, payout.withheld_cents) == (7601, 2400)
        assert await movements(db, jared.id) == [
            ("commission", 10_001),
            ("payout", -7601),
            ("payout_withheld", -2400),
        ]
        assert await balance(db, jared.id) == 0
        async with db.read() as session:
            (account,) = await statement(session, jared.id, Month.of(clock.now()))
            (mailed,) = await summaries(session, jared.id, Month.of(clock.now()))
            waiting = await stats.under_way(session)
            sent = await stats.sent(session)
        assert [line.words for line in account.lines[1:]] == ["Payout", "Tax withheld"]
        assert account.closing == 0
        assert (mailed.paid, mailed.withheld, mailed.closing) == (7601, 2400, 0)
        assert waiting == sent == {(jared.id, "usd"): 10_001}

    @pytest.mark.parametrize("end", ["rejected", "failed", "reversed"])
    async def test_a_payout_that_ends_gives_all_of_it_back(self, db: Database, end: str) -> None:
        """Once, however often it is heard."""
        jared, _ = await self.start(db)
        async with db.transaction() as session:
            jared.payout_method = "stripe"
            session.add(jared)
        payout = await ask(db, jared)
        if end == "rejected":
            async with db.transaction() as session:
                await payouts.reject(session, payout.id, "No.", SAM)
        else:
            await approve_payout(db, payout)
        for _ in range(2):
            async with db.transaction() as session:
                if end == "failed":
                    await payouts.fail(session, payout.id, "closed")
                if end == "reversed":
                    await payouts.transferred(session, payout.id, "tr_1")
                    await payouts.transfer_reversed(session, "tr_1", 7601)
        assert await balance(db, jared.id) == 10_001
        assert ("payout_withheld_back", 2400) in await movements(db, jared.id)

    async def test_the_switch_is_finances_and_is_written_down(self, db: Database) -> None:
        """On and off, each once; without a rate there is nothing to switch on."""
        jared, form = await self.start(db)
        async with db.transaction() as session:
            await tax_withholding.switch(session, form.id, on=False, actor=FINANCE)
        assert await actions(db, jared) == [
            "tax.submitted",
            "tax.withholding_began",
            "tax.withholding_ended",
        ]
        assert (await ask(db, jared)).withheld_cents == 0
        await settings(db, backup_withholding_bp=0)
        with pytest.raises(ConflictError, match="backup_withholding_bp"):
            async with db.transaction() as session:
                await tax_withholding.switch(session, form.id, on=True, actor=FINANCE)

    async def test_others_lose_nothing(self, db: Database) -> None:
        """The setting alone withholds of nobody."""
        await self.start(db)
        mia = await join(db, "MIA30", email="mia@example.com")
        await earn(db, mia.id, 5000)
        await send(db, mia.id)
        assert (await ask(db, mia)).withheld_cents == 0
        async with db.read() as session:
            assert (await ledger.balances(session, mia.id, clock.now()))["usd"] == (0, 0)
