"""Payouts in one payment file: paid in one go, never in two files, never by mistake."""

import asyncio

import pytest

from domain import payout_batches, payouts
from domain.audit import Actor
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.payout_batches import View
from domain.payout_files import BatchFile, make_files
from storage import audit
from storage import payout_batches as rows
from storage.db import Database
from storage.payouts import Payout
from tests.builders import RITA, SAM, mails_asked_for
from tests.payout_builders import balance, payout_by_paypal, payout_now


async def make(db: Database, actor: Actor = RITA) -> list[BatchFile]:
    """Make the files of what is in none yet."""
    async with db.transaction() as session:
        return (await make_files(session, actor))[0]


async def mark_paid(
    db: Database, number: int = 1, actor: Actor = RITA, reference: str = " PP-BATCH-7 "
) -> View:
    """Say that a batch, or a part of it, was paid."""
    async with db.transaction() as session:
        return await payout_batches.mark_paid(session, number, reference, actor)


async def release(db: Database, number: int = 1) -> View:
    """Give up a batch."""
    async with db.transaction() as session:
        return await payout_batches.release(session, number, SAM)


async def reject(db: Database, payout: Payout) -> None:
    """Turn a payout down."""
    async with db.transaction() as session:
        await payouts.reject(session, payout.id, "Refunds are coming.", SAM)


async def states(db: Database, *found: Payout) -> list[tuple[str, str, int | None]]:
    """Status, reference and batch of payouts as stored."""
    now = [await payout_now(db, payout.id) for payout in found]
    return [(payout.status, payout.reference, payout.batch) for payout in now]


class TestMaking:
    """What comes into a file."""

    async def test_a_payout_comes_into_one_file_only(self, db: Database) -> None:
        """The next file holds what was approved since; without anything there is none."""
        first = await payout_by_paypal(db, "JARED30")
        await make(db)
        assert await make(db) == []
        second = await payout_by_paypal(db, "LEA30")
        (file,) = await make(db)
        assert second.number in file.content
        assert first.number not in file.content
        assert await states(db, first, second) == [("approved", "", 1), ("approved", "", 2)]

    async def test_two_people_at_the_same_moment_make_one_file(self, db: Database) -> None:
        """Paid from two files, it would be paid twice."""
        await payout_by_paypal(db, "JARED30")
        made = await asyncio.gather(make(db, RITA), make(db, SAM))
        assert sorted(len(files) for files in made) == [0, 1]

    async def test_what_is_rejected_or_paid_alone_is_not_in_the_file_again(
        self, db: Database
    ) -> None:
        """Taking a file again pays nobody whose money is back in their balance."""
        kept = await payout_by_paypal(db, "JARED30")
        gone = await payout_by_paypal(db, "LEA30")
        await make(db)
        await reject(db, gone)
        async with db.transaction() as session:
            view = await payout_batches.take_again(session, 1, SAM)
        assert [payout.id for payout, _ in view.waiting] == [kept.id]
        assert [payout.id for payout, _ in view.alone] == [gone.id]


class TestPaying:
    """`mark_paid`."""

    async def test_exactly_what_was_in_the_file_is_paid(self, db: Database) -> None:
        """Not what was approved later, not what was rejected meanwhile, which is named."""
        inside = [await payout_by_paypal(db, code) for code in ("JARED30", "LEA30")]
        gone = await payout_by_paypal(db, "NINA30")
        await make(db)
        later = await payout_by_paypal(db, "TOM30")
        await reject(db, gone)

        view = await mark_paid(db)

        assert {payout.id for payout, _ in view.paid} == {payout.id for payout in inside}
        assert [payout.id for payout, _ in view.alone] == [gone.id]
        assert payout_batches.total(view.paid) == 10_000
        assert await states(db, *inside, gone, later) == [
            ("paid", "PP-BATCH-7", 1),
            ("paid", "PP-BATCH-7", 1),
            ("rejected", "", 1),
            ("approved", "", None),
        ]
        assert await balance(db, gone.affiliate_user_id) == 5000
        mailed = [to for mail, to in await mails_asked_for(db) if mail == "payout_paid"]
        assert sorted(mailed) == ["jared30@example.com", "lea30@example.com"]

    async def test_each_payment_and_the_batch_have_their_lines_in_the_log(
        self, db: Database
    ) -> None:
        """Who marked it paid, as what, and how much it was."""
        inside = [await payout_by_paypal(db, code) for code in ("JARED30", "LEA30")]
        await make(db)
        await mark_paid(db)
        async with db.read() as session:
            for payout in inside:
                line = (await audit.of_subject(session, f"payout:{payout.id}"))[-1]
                assert (line.action, line.detail["reference"]) == ("payout.paid", "PP-BATCH-7")
                assert RITA.id in line.actor
            made, paid = await audit.of_subject(session, "payout_batch:1")
        assert (made.action, paid.action) == ("payout_batch.made", "payout_batch.paid")
        assert (paid.detail["count"], paid.detail["amount"]) == (2, 10_000)

    async def test_two_people_at_the_same_moment_mark_it_once(self, db: Database) -> None:
        """The second is told who was first; nobody is mailed twice."""
        await payout_by_paypal(db, "JARED30")
        await make(db)
        done = await asyncio.gather(
            mark_paid(db, actor=RITA),
            mark_paid(db, actor=SAM, reference="OTHER"),
            return_exceptions=True,
        )
        (late,) = [each for each in done if isinstance(each, Exception)]
        assert isinstance(late, ConflictError)
        assert "Batch 1 is marked paid already by @" in str(late)
        assert [mail for mail, _ in await mails_asked_for(db)].count("payout_paid") == 1

    async def test_the_same_twice_changes_nothing(self, db: Database) -> None:
        """A second press with the same reference sees what the first did, and mails nobody."""
        await payout_by_paypal(db, "JARED30")
        await make(db)
        first, second = await asyncio.gather(mark_paid(db), mark_paid(db, actor=SAM))
        assert len(first.paid) == len(second.paid) == 1
        assert [mail for mail, _ in await mails_asked_for(db)].count("payout_paid") == 1
        async with db.read() as session:
            assert len(await audit.of_subject(session, "payout_batch:1")) == 2

    async def test_a_large_one_is_marked_in_parts_that_can_be_finished(
        self, db: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between the parts it is neither released nor paid as something else."""
        monkeypatch.setattr(payout_batches, "PART", 2)
        inside = [await payout_by_paypal(db, code) for code in ("JARED30", "LEA30", "TOM30")]
        await make(db)
        assert len((await mark_paid(db)).waiting) == 1
        for other in (release(db), mark_paid(db, reference="OTHER")):
            with pytest.raises(ConflictError, match="is being marked paid as PP-BATCH-7"):
                await other
        view = await mark_paid(db, actor=SAM)
        assert (len(view.paid), view.waiting, view.alone) == (3, [], [])
        assert {status for status, _, _ in await states(db, *inside)} == {"paid"}
        async with db.read() as session:
            paid = (await audit.of_subject(session, "payout_batch:1"))[-1]
        assert (paid.action, paid.detail["count"]) == ("payout_batch.paid", 3)

    async def test_a_batch_and_one_of_it_at_the_same_moment(self, db: Database) -> None:
        """Each payout is marked once, whoever comes first."""
        one, other = [await payout_by_paypal(db, code) for code in ("JARED30", "LEA30")]
        await make(db)

        async def alone() -> None:
            async with db.transaction() as session:
                await payouts.mark_paid(session, one.id, "ALONE", SAM)

        done = await asyncio.gather(mark_paid(db), alone(), return_exceptions=True)
        assert all(isinstance(each, View | ConflictError | None) for each in done)
        assert [status for status, _, _ in await states(db, one, other)] == ["paid", "paid"]
        assert [mail for mail, _ in await mails_asked_for(db)].count("payout_paid") == 2

    async def test_a_reference_is_needed(self, db: Database) -> None:
        """Nothing happens without one."""
        payout = await payout_by_paypal(db, "JARED30")
        await make(db)
        with pytest.raises(InvalidError) as caught:
            async with db.transaction() as session:
                await payout_batches.mark_paid(session, 1, " ", RITA)
        assert "reference" in caught.value.fields
        assert await states(db, payout) == [("approved", "", 1)]

    async def test_nothing_left_is_nothing_to_mark(self, db: Database) -> None:
        """Everything in it was rejected; and there is no batch 9."""
        payout = await payout_by_paypal(db, "JARED30")
        await make(db)
        await reject(db, payout)
        with pytest.raises(ConflictError, match="Nothing in batch 1 waits"):
            await mark_paid(db)
        with pytest.raises(NotFoundError):
            await mark_paid(db, 9)


class TestReleasing:
    """A file that was never used."""

    async def test_what_was_in_it_comes_into_the_next_file(self, db: Database) -> None:
        """And the old number pays nobody any more."""
        payout = await payout_by_paypal(db, "JARED30")
        await make(db)
        await release(db)
        with pytest.raises(ConflictError, match="Batch 1 was released by @sam"):
            await mark_paid(db)
        (file,) = await make(db)
        assert payout.number in file.content
        assert await states(db, payout) == [("approved", "", 2)]

    async def test_what_is_paid_is_not_released(self, db: Database) -> None:
        """It would come into another file."""
        await payout_by_paypal(db, "JARED30")
        await make(db)
        await mark_paid(db)
        with pytest.raises(ConflictError, match="marked paid already"):
            await release(db)
        async with db.read() as session:
            assert await rows.waiting(session) == []
