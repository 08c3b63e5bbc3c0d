"""Payouts: reserved when asked for, approved by enough people, paid or given back, to the cent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import affiliates, effects, payout_views, payouts, program
from domain.errors import (
    ConflictError,
    DomainError,
    InvalidError,
    NotAllowedError,
    NotFoundError,
)
from domain.payout_barriers import BARRIERS
from domain.statuses import Status
from storage import audit
from storage import payouts as rows
from storage.db import Database
from storage.ids import new_id
from storage.payouts import Payout
from storage.tiers import Tier
from tests.builders import (
    RITA,
    SAM,
    affiliate_now,
    effects_asked_for,
    join,
    mails_asked_for,
)
from tests.payout_builders import (
    JARED,
    approve_payout,
    ask,
    balance,
    earn,
    movements,
    payout_now,
    rich,
)


async def reject(db: Database, payout: Payout, reason: str = "Refunds are coming.") -> Payout:
    """Turn a payout down."""
    async with db.transaction() as session:
        return await payouts.reject(session, payout.id, reason, SAM)


async def mark_paid(db: Database, payout: Payout, reference: str = "PP-1") -> Payout:
    """Say that a payout was paid by hand."""
    async with db.transaction() as session:
        return await payouts.mark_paid(session, payout.id, reference, RITA)


async def transferred(db: Database, payout: Payout, reference: str = "tr_1") -> None:
    """Note a transfer."""
    async with db.transaction() as session:
        await payouts.transferred(session, payout.id, reference)


async def reversed_of(db: Database, amount: int, reference: str = "tr_1") -> Payout | None:
    """Hear that this much of a transfer was reversed so far."""
    async with db.transaction() as session:
        return await payouts.transfer_reversed(session, reference, amount)


async def actions(db: Database, payout: Payout) -> list[str]:
    """What the log says of a payout."""
    async with db.read() as session:
        return [line.action for line in await audit.of_subject(session, f"payout:{payout.id}")]


class TestRequest:
    """Asking for money."""

    async def test_it_takes_what_is_available_and_leaves_what_is_held(self, db: Database) -> None:
        """The whole available balance is reserved at once; operators, log and directory follow."""
        jared = await rich(db, 4321, method="paypal", to="jared@pay.example")
        await earn(db, jared.id, 900, days=10)

        payout = await ask(db, jared)

        assert (payout.amount_cents, payout.currency, payout.status) == (4321, "usd", "requested")
        assert (payout.method, payout.destination) == ("paypal", "jared@pay.example")
        assert await movements(db, jared.id) == [
            ("commission", 4321),
            ("commission", 900),
            ("payout", -4321),
        ]
        assert (await affiliate_now(db, jared.id)).payout_status == "requested"
        kinds = [effect.kind for effect in await effects_asked_for(db)]
        assert kinds[-3:] == [effects.PAYOUT_CARD, effects.DIRECTORY, effects.MAIL]
        assert ("payout_requested", "jared@example.com") in await mails_asked_for(db)
        assert await actions(db, payout) == ["payout.requested"]

    async def test_ten_requests_at_the_same_moment_are_one_payout(self, db: Database) -> None:
        """One wins; the others are told what is on its way, and nothing is reserved twice."""
        jared = await rich(db)

        async def attempt() -> str:
            try:
                await ask(db, jared)
            except ConflictError as error:
                return str(error)
            return "won"

        outcomes = await asyncio.gather(*(attempt() for _ in range(10)))

        refused = [outcome for outcome in outcomes if outcome != "won"]
        assert len(refused) == 9
        assert all("A payout of $50.00 is on its way already." in told for told in refused)
        assert await balance(db, jared.id) == 0

    async def test_the_minimum_is_the_programs_or_the_tiers(self, db: Database) -> None:
        """Below it the sentence says what is missing; a tier's own minimum goes first."""
        jared = await rich(db, 1000)
        with pytest.raises(InvalidError, match=r"start at \$25.00: \$15.00 is still missing"):
            await ask(db, jared)

        async with db.transaction() as session:
            tier = Tier(name="Gold", min_payout_cents=1000)
            session.add(tier)
            await session.flush()
            jared.tier_id = tier.id
            session.add(jared)

        assert (await ask(db, jared)).amount_cents == 1000

    async def test_a_tier_without_a_minimum_has_the_programs(self, db: Database) -> None:
        """Null is no minimum of one's own, and no free pass."""
        jared = await rich(db, 2499)
        async with db.transaction() as session:
            tier = Tier(name="Silver")
            session.add(tier)
            await session.flush()
            jared.tier_id = tier.id
            session.add(jared)
        with pytest.raises(InvalidError, match=r"\$0.01 is still missing"):
            await ask(db, jared)

    @pytest.mark.parametrize("amount", [0, -500])
    async def test_nothing_is_never_paid(self, db: Database, amount: int) -> None:
        """Also where the program has no minimum: an empty balance or a debt is no payout."""
        jared = await rich(db, amount)
        async with db.transaction() as session:
            await program.update(session, {"payout_threshold_cents": 0}, RITA)
        with pytest.raises(InvalidError):
            await ask(db, jared)

    async def test_held_money_does_not_count(self, db: Database) -> None:
        """What becomes available tomorrow can be asked for tomorrow."""
        jared = await join(db)
        await earn(db, jared.id, 3000, days=1)
        with pytest.raises(InvalidError):
            await ask(db, jared)
        with clock.travel(clock.now() + timedelta(days=2)):
            assert (await ask(db, jared)).amount_cents == 3000

    async def test_only_approved_affiliates_are_paid(self, db: Database) -> None:
        """Somebody paused keeps their balance and cannot take it out."""
        jared = await rich(db)
        async with db.transaction() as session:
            await affiliates.change_status(session, jared.id, Status.PAUSED, "Why.", RITA)
        with pytest.raises(NotAllowedError, match="this account is paused"):
            await ask(db, jared)

    async def test_each_currency_is_paid_by_itself(self, db: Database) -> None:
        """Currencies are never added, and an open payout in one does not stop the other."""
        jared = await rich(db)
        await earn(db, jared.id, 7000, currency="eur")
        dollars, euros = await ask(db, jared), await ask(db, jared, "eur")
        assert (dollars.amount_cents, euros.amount_cents) == (5000, 7000)

    async def test_a_new_requirement_is_one_function(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is added to the list stops a request with its own sentence."""

        async def form_missing(_session: AsyncSession, _claim: object) -> DomainError | None:
            return InvalidError("Fill in the form first.")

        monkeypatch.setattr("domain.payout_barriers.BARRIERS", (*BARRIERS, form_missing))
        with pytest.raises(InvalidError, match="Fill in the form first"):
            await ask(db, await rich(db))

    async def test_nobody_is_nobody(self, db: Database) -> None:
        """An affiliate who does not exist."""
        async with db.transaction() as session:
            with pytest.raises(NotFoundError):
                await payouts.request(session, new_id(), JARED)


class TestApprove:
    """Finance says yes."""

    async def test_one_person_is_enough_for_a_small_one(self, db: Database) -> None:
        """It then waits to be paid by hand; nothing is transferred."""
        payout = await approve_payout(db, await ask(db, await rich(db)))
        assert (payout.status, payout.decided_by) == ("approved", "@rita")
        assert (await affiliate_now(db, payout.affiliate_user_id)).payout_status == "approved"
        assert effects.TRANSFER not in [effect.kind for effect in await effects_asked_for(db)]

    async def test_above_the_limit_it_takes_two_people(self, db: Database) -> None:
        """The first approval changes nothing but the card; the same person again is told so."""
        jared = await rich(db, 100_001, method="stripe", to="acct_jared")
        payout = await approve_payout(db, await ask(db, jared))
        assert payout.status == "requested"
        with pytest.raises(ConflictError, match="somebody else has to"):
            await approve_payout(db, payout)

        payout = await approve_payout(db, payout, SAM)

        assert (payout.status, payout.decided_by) == ("approved", "@rita and @sam")
        assert [e.kind for e in await effects_asked_for(db)].count(effects.TRANSFER) == 1

    async def test_at_the_limit_one_is_enough(self, db: Database) -> None:
        """The limit itself is not above the limit; without a limit one is always enough."""
        jared = await rich(db, 100_000)
        assert (await approve_payout(db, await ask(db, jared))).status == "approved"

    async def test_without_a_limit_one_is_enough(self, db: Database) -> None:
        """Null switches the second person off."""
        async with db.transaction() as session:
            await program.update(session, {"two_person_payout_cents": None}, RITA)
        payout = await ask(db, await rich(db, 900_000))
        assert (await approve_payout(db, payout)).status == "approved"

    async def test_two_people_at_the_same_moment_count_as_two(self, db: Database) -> None:
        """Neither approval is lost, and the transfer is asked for once."""
        payout = await ask(db, await rich(db, 200_000, method="stripe", to="acct_jared"))
        await asyncio.gather(approve_payout(db, payout, RITA), approve_payout(db, payout, SAM))
        now = await payout_now(db, payout.id)
        assert now.status == "approved"
        assert {each["id"] for each in now.approvals} == {RITA.id, SAM.id}
        assert [e.kind for e in await effects_asked_for(db)].count(effects.TRANSFER) == 1

    async def test_one_person_pressing_twice_at_once_counts_as_one(self, db: Database) -> None:
        """A double click is no second opinion."""
        payout = await ask(db, await rich(db, 200_000))
        done = await asyncio.gather(
            approve_payout(db, payout), approve_payout(db, payout), return_exceptions=True
        )
        assert sorted(type(each).__name__ for each in done) == ["ConflictError", "Payout"]
        assert (await payout_now(db, payout.id)).status == "requested"

    async def test_what_is_decided_stays_decided(self, db: Database) -> None:
        """Approving or rejecting late is answered with who was first."""
        payout = await reject(db, await ask(db, await rich(db)))
        with pytest.raises(ConflictError, match="rejected already by @sam"):
            await approve_payout(db, payout)
        with pytest.raises(ConflictError, match="rejected already by @sam"):
            await reject(db, payout)


class TestReject:
    """Finance says no."""

    async def test_the_money_is_back_and_the_affiliate_is_told(self, db: Database) -> None:
        """The opposite entry, the reason kept, a mail, and the next request is possible."""
        jared = await rich(db)
        payout = await reject(db, await ask(db, jared))
        assert (payout.status, payout.reason) == ("rejected", "Refunds are coming.")
        assert (await movements(db, jared.id))[1:] == [("payout", -5000), ("payout_rejected", 5000)]
        assert (await affiliate_now(db, jared.id)).payout_status == "rejected"
        assert (await mails_asked_for(db))[-1] == ("payout_rejected", jared.email)
        assert (await ask(db, jared)).amount_cents == 5000

    async def test_a_reason_is_needed(self, db: Database) -> None:
        """Nothing happens without one."""
        payout = await ask(db, await rich(db))
        with pytest.raises(InvalidError):
            await reject(db, payout, "  ")
        assert (await payout_now(db, payout.id)).status == "requested"

    async def test_an_approved_one_can_still_be_stopped_if_people_pay_it(
        self, db: Database
    ) -> None:
        """A wrong address shows when somebody tries to pay it."""
        payout = await approve_payout(db, await ask(db, await rich(db)))
        assert (await reject(db, payout)).status == "rejected"

    async def test_a_transfer_on_its_way_can_not(self, db: Database) -> None:
        """It may have been made this very moment."""
        jared = await rich(db, method="stripe", to="acct_jared")
        payout = await approve_payout(db, await ask(db, jared))
        with pytest.raises(ConflictError, match="on its way"):
            await reject(db, payout)
        assert await balance(db, jared.id) == 0

    async def test_of_an_approval_and_a_rejection_one_wins(self, db: Database) -> None:
        """Whoever comes second is told; the money is in one place."""
        jared = await rich(db, method="stripe", to="acct_jared")
        payout = await ask(db, jared)
        done = await asyncio.gather(
            approve_payout(db, payout), reject(db, payout), return_exceptions=True
        )
        assert [isinstance(each, ConflictError) for each in done].count(True) == 1
        now = await payout_now(db, payout.id)
        assert await balance(db, jared.id) == (5000 if now.status == "rejected" else 0)


class TestPaid:
    """Paid by hand."""

    async def test_a_reference_is_kept_and_mailed(self, db: Database) -> None:
        """It ends the payout; the balance stays without the money."""
        jared = await rich(db)
        payout = await mark_paid(
            db, await approve_payout(db, await ask(db, jared)), " PayPal 9XY\x00 "
        )
        assert (payout.status, payout.reference) == ("paid", "PayPal 9XY\N{REPLACEMENT CHARACTER}")
        assert payout.paid_at is not None
        assert await balance(db, jared.id) == 0
        assert (await affiliate_now(db, jared.id)).payout_status == "paid"
        assert (await mails_asked_for(db))[-1] == ("payout_paid", jared.email)
        assert await actions(db, payout) == [
            "payout.requested",
            "payout.approved",
            "payout.paid",
        ]

    @pytest.mark.parametrize("reference", ["", " ", "x" * 201])
    async def test_a_reference_is_needed(self, db: Database, reference: str) -> None:
        """A payment that nobody can find is no proof."""
        payout = await approve_payout(db, await ask(db, await rich(db)))
        with pytest.raises(InvalidError) as caught:
            await mark_paid(db, payout, reference)
        assert "reference" in caught.value.fields

    async def test_only_what_is_approved_can_be_paid(self, db: Database) -> None:
        """Not what waits, and not twice."""
        payout = await ask(db, await rich(db))
        with pytest.raises(ConflictError, match="not approved yet"):
            await mark_paid(db, payout)
        payout = await mark_paid(db, await approve_payout(db, payout))
        with pytest.raises(ConflictError, match="paid already"):
            await mark_paid(db, payout)

    async def test_nobody_pays_what_a_transfer_pays(self, db: Database) -> None:
        """It would be paid twice."""
        jared = await rich(db, method="stripe", to="acct_jared")
        with pytest.raises(ConflictError, match="A transfer pays this one"):
            await mark_paid(db, await approve_payout(db, await ask(db, jared)))


class TestTransfers:
    """Paid by a transfer, refused, or reversed later."""

    async def transfer(self, db: Database) -> Payout:
        """A payout whose transfer was made."""
        jared = await rich(db, method="stripe", to="acct_jared")
        payout = await approve_payout(db, await ask(db, jared))
        await transferred(db, payout)
        return payout

    async def test_made_twice_is_paid_once(self, db: Database) -> None:
        """A repeated answer sends no second mail."""
        payout = await self.transfer(db)
        await transferred(db, payout)
        assert (await payout_now(db, payout.id)).reference == "tr_1"
        assert [mail for mail, _ in await mails_asked_for(db)].count("payout_paid") == 1

    async def test_refused_for_good_is_back_in_the_balance(self, db: Database) -> None:
        """Operators read why, once; the affiliate is mailed once, and can ask again."""
        jared = await rich(db, method="stripe", to="acct_jared")
        payout = await approve_payout(db, await ask(db, jared))
        for _ in range(2):
            async with db.transaction() as session:
                await payouts.fail(session, payout.id, "No such account.")
        now = await payout_now(db, payout.id)
        assert (now.status, now.reason) == ("failed", "No such account.")
        assert await balance(db, jared.id) == 5000
        assert (await affiliate_now(db, jared.id)).payout_status == "not_requested"
        told = [e.payload["text"] for e in await effects_asked_for(db) if e.kind == effects.NOTICE]
        assert len(told) == 1
        assert "$50.00 to JARED30 failed" in told[0]
        assert "No such account." in told[0]
        mails = await mails_asked_for(db)
        assert mails.count(("payout_failed", jared.email)) == 1
        assert (await ask(db, jared)).status == "requested"

    async def test_news_of_a_reversal_counts_once_and_in_any_order(self, db: Database) -> None:
        """Amounts are totals: what was heard before, or is overtaken, posts nothing.

        The affiliate is mailed when all of it came back.
        """
        payout = await self.transfer(db)
        for so_far in (2000, 2000, 5000, 2000, 5000, 9999):
            await reversed_of(db, so_far)
        assert await balance(db, payout.affiliate_user_id) == 5000
        assert (await movements(db, payout.affiliate_user_id))[2:] == [
            ("payout_reversed", 2000),
            ("payout_reversed", 3000),
        ]
        assert (await payout_now(db, payout.id)).status == "failed"
        assert [mail for mail, _ in await mails_asked_for(db)].count("payout_failed") == 1

    async def test_what_came_back_in_part_was_paid_in_part(self, db: Database) -> None:
        """The payout stays paid, the balance has the part, and nobody is mailed of a failure."""
        payout = await self.transfer(db)
        await reversed_of(db, 1)
        assert (await payout_now(db, payout.id)).status == "paid"
        assert await balance(db, payout.affiliate_user_id) == 1
        assert "payout_failed" not in [mail for mail, _ in await mails_asked_for(db)]

    @pytest.mark.parametrize("back", [1, 5000])
    async def test_old_money_that_comes_back_hides_no_newer_payout(
        self, db: Database, back: int
    ) -> None:
        """The affiliate is shown what is on its way, and then how the newest ended."""
        first = await self.transfer(db)
        owner = await affiliate_now(db, first.affiliate_user_id)
        await earn(db, owner.id, 3000)
        second = await ask(db, owner)
        await reversed_of(db, back)
        assert (await affiliate_now(db, owner.id)).payout_status == "requested"
        await reject(db, second)
        await reversed_of(db, 5000)
        assert (await affiliate_now(db, owner.id)).payout_status == "rejected"

    async def test_a_stranger_transfer_is_none_of_ours(self, db: Database) -> None:
        """Also one whose name somebody typed as the proof of a payment by hand."""
        jared = await rich(db)
        await mark_paid(db, await approve_payout(db, await ask(db, jared)), "tr_1")
        assert await reversed_of(db, 5000) is None
        assert await balance(db, jared.id) == 0

    async def test_the_same_reversal_on_two_workers_counts_once(self, db: Database) -> None:
        """Both hear it at the same moment."""
        payout = await self.transfer(db)
        await asyncio.gather(reversed_of(db, 5000), reversed_of(db, 5000))
        assert await balance(db, payout.affiliate_user_id) == 5000


Ending = Callable[[Database, Payout], Awaitable[object]]


async def pay(db: Database, payout: Payout) -> None:
    """Approve and pay."""
    await mark_paid(db, await approve_payout(db, payout))


@pytest.mark.parametrize(("end", "arrived"), [(pay, 5000), (reject, 0)])
async def test_no_cent_is_lost_or_made(db: Database, end: Ending, arrived: int) -> None:
    """What was earned is what is left plus what arrived, whatever a payout came to."""
    jared = await rich(db)
    await end(db, await ask(db, jared))
    await earn(db, jared.id, 333)
    assert await balance(db, jared.id) + arrived == 5333


async def test_a_clawback_while_it_waits_shows_as_a_debt(db: Database) -> None:
    """Finance sees what the payout would leave behind before they decide."""
    jared = await rich(db)
    payout = await ask(db, jared)
    await earn(db, jared.id, -1200)
    async with db.read() as session:
        seen = await payout_views.view(session, payout.id)
    assert (seen.left, seen.pending, seen.needed) == (-1200, 0, 1)


async def test_two_open_ones_are_impossible_even_by_hand(db: Database) -> None:
    """The database itself refuses a second open payout of a currency."""
    jared = await rich(db)
    await ask(db, jared)
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with db.transaction() as session:
            session.add(Payout(affiliate_user_id=jared.id, amount_cents=1, currency="usd"))


async def test_the_open_ones_are_listed_oldest_first(db: Database) -> None:
    """What is paid or rejected is no more work."""
    jared = await rich(db)
    await earn(db, jared.id, 3000, currency="eur")
    first, second = await ask(db, jared), await ask(db, jared, "eur")
    async with db.read() as session:
        assert [row.id for row in await rows.open_ones(session)] == [first.id, second.id]
    await pay(db, first)
    async with db.read() as session:
        assert [row.id for row in await rows.open_ones(session)] == [second.id]
