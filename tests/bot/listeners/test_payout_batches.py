"""Payment files in Slack: each payout in one, and a whole file marked paid in one go."""

from typing import Any

import pytest

from bot.cards.payout_batches import SHOWN_MAX, batches_card
from domain import payout_batches, payouts
from sandbox.slack.blocks import check_blocks
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, MARIA
from storage import payout_batches as rows
from storage.payout_batches import PayoutBatch
from tests.bot.conftest import Desk
from tests.bot.listeners.test_payouts import AMARA_ACTS, command, post, sent_files
from tests.payout_builders import payout_by_paypal, payout_now


async def list_files(desk: Desk, part: str, user: str = AMARA) -> str:
    """Type `/affiliate payouts batch`; returns the time stamp of the answer that holds `part`."""
    before = {each["ts"] for each in desk.ws.ephemerals(AFFILIATES, user)}
    await desk.ws.command(user, "/affiliate", "payouts batch")

    def found() -> str | None:
        new = [m for m in desk.ws.ephemerals(AFFILIATES, user) if m["ts"] not in before]
        return next((str(m["ts"]) for m in new if part in desk.ws.text_of(m)), None)

    return await desk.ws.until(found)


async def mark_paid(desk: Desk, ts: str, user: str, said: str) -> str:
    """Press `Mark batch paid`, confirm with a reference; returns the answer that holds `said`."""
    view = await open_modal(desk, ts, user)
    assert (await desk.ws.submit(user, view["id"], {"Reference": "PP-BATCH-7"})).ok
    return await desk.whispered(user, said)


async def open_modal(desk: Desk, ts: str, user: str = AMARA) -> dict[str, Any]:
    """Press `Mark batch paid`; returns the modal."""
    await desk.ws.click(user, AFFILIATES, ts, "Mark batch paid")
    return await desk.modal(user, "batch 1")


class TestMarkBatchPaid:
    """One press, one reference, one confirmation."""

    async def test_all_of_a_file_is_marked_paid_at_once(self, finance_desk: Desk) -> None:
        """The question tells number and sum; who was approved later waits on."""
        desk = finance_desk
        inside = [await payout_by_paypal(desk.db, code) for code in ("JARED30", "LEA30")]
        ts = await list_files(desk, "1 payment file sent")
        later = await payout_by_paypal(desk.db, "TOM30")

        view = await open_modal(desk, ts)
        shown = desk.ws.text_of(view)
        assert "2 payouts, $100.00" in shown
        assert "Mark 2 paid" in view["submit"]["text"]
        empty = await desk.ws.submit(AMARA, view["id"], {"Reference": " "})
        assert "reference" in empty.errors
        assert (await desk.ws.submit(AMARA, view["id"], {"Reference": "PP-BATCH-7"})).ok

        await desk.whispered(AMARA, "Paid: 2 payouts, $100.00 (batch 1)")
        for payout in inside:
            now = await payout_now(desk.db, payout.id)
            assert (now.status, now.reference) == ("paid", "PP-BATCH-7")
        assert (await payout_now(desk.db, later.id)).status == "approved"

    async def test_what_was_rejected_meanwhile_is_named(self, finance_desk: Desk) -> None:
        """In the question, and in the answer if it happened after that."""
        desk = finance_desk
        payments = [await payout_by_paypal(desk.db, code) for code in ("JARED30", "LEA30", "TOM30")]
        ts = await list_files(desk, "3 payouts, $150.00")
        for_question, for_answer, _ = payments
        await self._reject(desk, for_question.id)
        view = await open_modal(desk, ts)
        assert f"({for_question.number}), rejected" in desk.ws.text_of(view)
        await self._reject(desk, for_answer.id)

        await desk.ws.submit(AMARA, view["id"], {"Reference": "PP-BATCH-7"})

        told = await desk.whispered(AMARA, "Paid: 1 payout, $50.00")
        for payout in (for_question, for_answer):
            assert "$50.00 to" in told
            assert f"({payout.number}), rejected" in told
            assert (await payout_now(desk.db, payout.id)).status == "rejected"

    async def test_two_people_with_the_same_form(self, finance_desk: Desk) -> None:
        """The second, with a reference of their own, reads who was first."""
        desk = finance_desk
        payout = await payout_by_paypal(desk.db, "JARED30")
        first = await list_files(desk, "1 payment file sent")
        second = await list_files(desk, "No approved payout waits", MARIA)
        view = await open_modal(desk, second, MARIA)
        await mark_paid(desk, first, AMARA, "Paid: 1 payout")

        await desk.ws.submit(MARIA, view["id"], {"Reference": "OTHER"})

        await desk.modal(MARIA, "marked paid already by @amara, as PP-BATCH-7")
        assert (await payout_now(desk.db, payout.id)).reference == "PP-BATCH-7"
        await desk.ws.click(AMARA, AFFILIATES, first, "Mark batch paid")
        await desk.whispered(AMARA, "marked paid already by @amara")

    async def test_a_large_file_is_marked_to_its_end(
        self, finance_desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In parts that nobody sees."""
        monkeypatch.setattr(payout_batches, "PART", 1)
        for code in ("JARED30", "LEA30", "TOM30"):
            await payout_by_paypal(finance_desk.db, code)
        ts = await list_files(finance_desk, "1 payment file sent")
        await mark_paid(finance_desk, ts, AMARA, "Paid: 3 payouts, $150.00")

    async def test_only_finance(self, finance_desk: Desk) -> None:
        """Also where the buttons stand before somebody else."""
        desk = finance_desk
        payout = await payout_by_paypal(desk.db, "JARED30")
        await list_files(desk, "1 payment file sent")
        async with desk.db.read() as session:
            text, blocks = batches_card(0, 0, await rows.waiting(session))
        posted = await desk.context.slack.chat_postMessage(
            channel=AFFILIATES, text=text, blocks=blocks
        )
        for button in ("Mark batch paid", "Send file again", "Release batch"):
            await desk.ws.click(JONAS, AFFILIATES, str(posted["ts"]), button)
        await desk.whispered(JONAS, "Only finance decides on payouts")
        assert desk.ws.top_view(JONAS) is None
        assert sent_files(desk, JONAS) == {}
        assert (await payout_now(desk.db, payout.id)).batch == 1

    async def _reject(self, desk: Desk, payout_id: Any) -> None:
        async with desk.db.transaction() as session:
            await payouts.reject(session, payout_id, "Refunds are coming.", AMARA_ACTS)


class TestSecondFile:
    """A payout that is in a file comes silently into no other."""

    async def test_the_first_one_can_be_sent_again(self, finance_desk: Desk) -> None:
        """By the same name, whoever asks; the list says which file is not paid yet."""
        desk = finance_desk
        payout = await payout_by_paypal(desk.db, "JARED30")
        await list_files(desk, "1 payment file sent")
        ts = await list_files(desk, "Batch 1 · PayPal · 1 payout, $50.00", MARIA)
        assert sent_files(desk, MARIA) == {}

        await desk.ws.click(MARIA, AFFILIATES, ts, "Send file again")

        await desk.whispered(MARIA, "Sent to you in a direct message: batch 1")
        assert sent_files(desk, MARIA) == sent_files(desk, AMARA)
        ((name, cells),) = sent_files(desk, MARIA).items()
        assert name.endswith("batch-1.csv")
        assert cells[0][3] == payout.number

    async def test_a_released_one_gives_its_payouts_to_the_next(self, finance_desk: Desk) -> None:
        """After a question that says what it may cost."""
        desk = finance_desk
        payout = await payout_by_paypal(desk.db, "JARED30")
        ts = await list_files(desk, "1 payment file sent")
        await desk.ws.click(AMARA, AFFILIATES, ts, "Release batch")
        await desk.whispered(AMARA, "Released: batch 1")
        await list_files(desk, "Batch 2 · PayPal")
        assert (await payout_now(desk.db, payout.id)).batch == 2

    async def test_cards_and_forms_say_in_which_file_it_is(self, finance_desk: Desk) -> None:
        """Whoever pays or rejects it alone is warned."""
        desk = finance_desk
        payout = await payout_by_paypal(desk.db, "JARED30")
        await list_files(desk, "1 payment file sent")
        ts = await post(desk, await payout_now(desk.db, payout.id))
        (card,) = [m for m in desk.ws.messages(AFFILIATES) if m["ts"] == ts]
        assert "in payment file 1" in desk.ws.text_of(card)
        await desk.ws.click(AMARA, AFFILIATES, ts, "Reject payout")
        await desk.modal(AMARA, "payment file 1. If that was uploaded")

    async def test_without_any_there_is_nothing_to_press(self, finance_desk: Desk) -> None:
        """Only the sentence."""
        assert "Batch" not in await command(
            finance_desk, AMARA, "payouts batch", "No approved payout waits"
        )


def test_many_files_fit_into_one_message() -> None:
    """The newest have buttons, the rest is a number, and nothing typed breaks out."""
    batches = [
        PayoutBatch(number=n, service="PayPal", currency="usd", made_by="<!here> *x*" * 40)
        for n in range(1, SHOWN_MAX + 4)
    ]
    _, blocks = batches_card(1, 2, [(batch, 1000, 99_999_999) for batch in batches])
    assert not check_blocks(blocks)
    assert "… and 3 older ones" in str(blocks)
    assert f"Batch {SHOWN_MAX + 3} ·" in str(blocks)
