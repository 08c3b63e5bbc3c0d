"""Payouts decided in Slack, by finance and by nobody else."""

import csv
import io

import pytest

from bot.cards.payouts import payout_card
from domain import payout_views
from domain.audit import Actor
from sandbox.slack.people import AFFILIATES, AMARA, JONAS, MARIA
from storage import audit
from storage.payouts import Payout
from tests.bot.conftest import Desk
from tests.builders import affiliate_now, join
from tests.payout_builders import (
    approve_payout,
    ask,
    balance,
    earn,
    payout_now,
    rich,
)

AMARA_ACTS = Actor(AMARA, "@amara", "slack")


async def post(desk: Desk, payout: Payout) -> str:
    """Post the card of a payout as the outbox would; returns its time stamp."""
    async with desk.db.read() as session:
        text, blocks = payout_card(await payout_views.view(session, payout.id))
    posted = await desk.context.slack.chat_postMessage(channel=AFFILIATES, text=text, blocks=blocks)
    return str(posted["ts"])


async def command(desk: Desk, user: str, text: str, part: str) -> str:
    """Type `/affiliate …` and wait for the answer that holds `part`."""
    await desk.ws.command(user, "/affiliate", text)
    return await desk.whispered(user, part)


def sent_files(desk: Desk, user: str) -> dict[str, list[list[str]]]:
    """The files that the bot has sent a person directly, by name, as their rows."""
    room = desk.ws.direct_message(user)["id"]
    return {
        file["name"]: list(csv.reader(io.StringIO(desk.ws.file_content(file["id"]).decode())))
        for message in desk.ws.messages(room)
        for file in message["files"]
    }


class TestDeciding:
    """The buttons on the card."""

    async def test_one_press_approves_a_small_payout(self, finance_desk: Desk) -> None:
        """Confirmed with the amount; the log names who did it."""
        desk = finance_desk
        payout = await ask(desk.db, await rich(desk.db))
        ts = await post(desk, payout)

        await desk.ws.click(AMARA, AFFILIATES, ts, "Approve payout")

        await desk.whispered(AMARA, "Approved: $50.00 to Jared Bets. Press Mark paid")
        assert (await payout_now(desk.db, payout.id)).status == "approved"
        async with desk.db.read() as session:
            line = (await audit.of_subject(session, f"payout:{payout.id}"))[-1]
        assert (line.action, line.actor) == ("payout.approved", "U0AMARA (@amara)")

    async def test_a_large_one_takes_two_people(self, finance_desk: Desk) -> None:
        """The first is told that one is missing; pressing twice does not count as two."""
        desk = finance_desk
        payout = await ask(desk.db, await rich(desk.db, 250_000))
        ts = await post(desk, payout)

        await desk.ws.click(AMARA, AFFILIATES, ts, "Approve payout")
        await desk.whispered(AMARA, "one more is missing")
        await desk.ws.click(AMARA, AFFILIATES, ts, "Approve payout")
        await desk.whispered(AMARA, "somebody else has to")
        assert (await payout_now(desk.db, payout.id)).status == "requested"

        await desk.ws.click(MARIA, AFFILIATES, ts, "Approve payout")
        await desk.whispered(MARIA, "Approved: $2,500.00")
        assert (await payout_now(desk.db, payout.id)).decided_by == "@amara and @maria"

    async def test_only_finance_decides(self, finance_desk: Desk) -> None:
        """A reviewer who is not in finance is told so, by button and by command."""
        desk = finance_desk
        payout = await ask(desk.db, await rich(desk.db))
        ts = await post(desk, payout)

        for button in ("Approve payout", "Reject payout"):
            await desk.ws.click(JONAS, AFFILIATES, ts, button)
        await desk.whispered(JONAS, "Only finance decides on payouts")
        assert desk.ws.top_view(JONAS) is None
        told = await command(desk, JONAS, "payouts", "Only finance")
        assert "Nothing was changed" in told
        assert (await payout_now(desk.db, payout.id)).status == "requested"

    async def test_without_named_finance_the_reviewers_decide(self, desk: Desk) -> None:
        """A small company has nobody to name."""
        payout = await ask(desk.db, await rich(desk.db))
        ts = await post(desk, payout)
        await desk.ws.click(JONAS, AFFILIATES, ts, "Approve payout")
        await desk.whispered(JONAS, "Approved: $50.00")

    async def test_a_rejection_takes_a_reason(self, finance_desk: Desk) -> None:
        """A usual reason can be picked; the money is back; the second person comes too late."""
        desk = finance_desk
        jared = await rich(desk.db)
        ts = await post(desk, await ask(desk.db, jared))
        await desk.ws.click(AMARA, AFFILIATES, ts, "Reject payout")
        view = await desk.modal(AMARA, "jared@example.com")

        empty = await desk.ws.submit(AMARA, view["id"], {"Reason": " "})
        await desk.ws.click_in(AMARA, view["id"], "payout_rejection.reason", "0")
        await desk.ws.until(lambda: "initial_value" in str(desk.ws.top_view(AMARA)) or None)
        assert (await desk.ws.submit(AMARA, view["id"])).ok

        assert empty.errors
        await desk.whispered(AMARA, "Rejected: $50.00 are back")
        assert await balance(desk.db, jared.id) == 5000
        await desk.ws.click(MARIA, AFFILIATES, ts, "Approve payout")
        await desk.whispered(MARIA, "rejected already by @amara")

    async def test_a_payment_takes_a_reference(self, finance_desk: Desk) -> None:
        """`Mark paid` asks how to find the payment, and keeps it."""
        desk = finance_desk
        payout = await approve_payout(desk.db, await ask(desk.db, await rich(desk.db)), AMARA_ACTS)
        ts = await post(desk, payout)
        await desk.ws.click(AMARA, AFFILIATES, ts, "Mark paid")
        view = await desk.modal(AMARA, "$50.00")

        empty = await desk.ws.submit(AMARA, view["id"], {"Reference": " "})
        assert (await desk.ws.submit(AMARA, view["id"], {"Reference": "PP-77"})).ok

        assert "reference" in empty.errors
        await desk.whispered(AMARA, "Paid: $50.00")
        now = await payout_now(desk.db, payout.id)
        assert (now.status, now.reference) == ("paid", "PP-77")


class TestCommand:
    """`/affiliate payouts`."""

    async def test_it_lists_what_waits(self, finance_desk: Desk) -> None:
        """With the buttons for the next step; nothing once all is done."""
        desk = finance_desk
        assert await command(desk, AMARA, "payouts", "No payout waits")
        jared = await rich(desk.db)
        await earn(desk.db, jared.id, 7000, currency="eur")
        await approve_payout(desk.db, await ask(desk.db, jared))
        await ask(desk.db, jared, "eur")

        told = await command(desk, AMARA, "PAYOUTS", "2 payouts wait")

        for part in ("$50.00", "€70.00", "Mark paid", "Approve payout", "Reject payout"):
            assert part in told

    async def test_a_slip_is_answered_with_how_it_is_typed(self, finance_desk: Desk) -> None:
        """Instead of guessing at money."""
        assert await command(finance_desk, AMARA, "payouts please", "payouts [batch | connect")

    async def test_payment_files_go_to_the_one_who_asks(self, finance_desk: Desk) -> None:
        """A file a service and currency, in the service's own form; what fits in none is said."""
        desk = finance_desk
        jared = await rich(desk.db, method="paypal", to="jared@pay.example")
        await earn(desk.db, jared.id, 7001, currency="eur")
        lea = await join(desk.db, "LEA30", email="lea@example.com", legal_name="=Lea, Ltd")
        nina = await join(desk.db, "NINA30", email="nina@example.com")
        for other, method, to in ((lea, "bank", "IBAN DE00"), (nina, "", "")):
            await earn(desk.db, other.id, 4000)
            async with desk.db.transaction() as session:
                other.payout_method, other.payout_destination = method, to
                session.add(other)
        made = [
            await approve_payout(desk.db, await ask(desk.db, affiliate, currency))
            for affiliate, currency in ((jared, "usd"), (jared, "eur"), (lea, "usd"), (nina, "usd"))
        ]

        told = await command(desk, AMARA, "payouts batch", "3 payment files sent to you")

        assert "1 approved payout fits into no file" in told
        files = {name[:10]: rows for name, rows in sent_files(desk, AMARA).items()}
        usd, eur, bank = (payout.number for payout in made[:3])
        note = f"Affiliate payout {usd}"
        assert files["paypal-usd"] == [["jared@pay.example", "50.00", "USD", usd, note, "PAYPAL"]]
        assert files["paypal-eur"][0][1:4] == ["70.01", "EUR", eur]
        assert files["wise-usd-2"] == [
            [
                *("name", "recipientEmail", "paymentReference", "receiverType"),
                *("amountCurrency", "amount", "sourceCurrency", "targetCurrency"),
            ],
            ["'=Lea, Ltd", "lea@example.com", bank, "PERSON", "source", "40.00", "USD", "USD"],
        ]
        assert sent_files(desk, MARIA) == {}

    async def test_without_approved_payouts_there_is_no_file(self, finance_desk: Desk) -> None:
        """What is only asked for is not paid."""
        await ask(finance_desk.db, await rich(finance_desk.db, method="paypal", to="j@p.example"))
        await command(finance_desk, AMARA, "payouts batch", "No approved payout waits")

    @pytest.mark.parametrize(
        ("typed", "answer"),
        [
            ("connect jared30 acct_1A2b3C4d", "transferred to acct_1A2b3C4d"),
            ("connect JARED30 tr_1", "looks like acct_"),
            ("connect NOBODY acct_1A2b3C4d", "no affiliate"),
        ],
    )
    async def test_a_stripe_account_is_connected(
        self, finance_desk: Desk, typed: str, answer: str
    ) -> None:
        """By code; a slip is answered in words and changes nothing."""
        jared = await join(finance_desk.db)
        await command(finance_desk, AMARA, f"payouts {typed}", answer)
        method = (await affiliate_now(finance_desk.db, jared.id)).payout_method
        assert (method == "stripe") is ("transferred" in answer)
