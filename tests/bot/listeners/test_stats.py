"""`/affiliate stats`, `/affiliate report`, and why a sale was credited."""

from datetime import timedelta

import pytest

import clock
from sandbox.slack.people import AFFILIATES, MARIA
from tests.bot.conftest import Desk
from tests.bot.listeners.test_commands import ask
from tests.builders import PAID, facts, join, later, settle


class TestStats:
    """`/affiliate stats`."""

    @pytest.mark.parametrize("text", ["stats", "stats MONTH"])
    async def test_a_period_at_a_glance_with_a_chart(self, desk: Desk, text: str) -> None:
        """This month by default: counts, money, who earned most, and a native chart."""
        with clock.travel(PAID):
            await join(desk.db)
            await settle(desk.db, facts())
            told = await ask(desk, text, "This month")
        for part in (
            "Sales: 1, 1 of them credited",
            "Collected, less refunds: $29.00",
            "Commissions: $5.57",
            "New affiliates: 1",
            "JARED30  $5.57, 1 sale",
        ):
            assert part in told
        blocks = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["blocks"]
        (chart,) = [block for block in blocks if block["type"] == "data_visualization"]
        assert chart["chart"]["series"][0]["data"][0] == {"label": "from 1 Nov", "value": 1}

    async def test_no_sales_no_chart(self, desk: Desk) -> None:
        """Nothing to draw."""
        await ask(desk, "stats today", "Sales: 0")
        blocks = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["blocks"]
        assert {block["type"] for block in blocks} == {"header", "rich_text"}

    async def test_an_unknown_period_is_explained(self, desk: Desk) -> None:
        """With the ones there are."""
        await ask(desk, "stats year", "today, week, month, all")


class TestReport:
    """`/affiliate report`."""

    async def test_what_is_owed_to_whom(self, desk: Desk) -> None:
        """In total and by affiliate."""
        await join(desk.db)
        await settle(desk.db, facts(1), facts(2))
        with clock.travel(PAID + timedelta(days=31)):
            told = await ask(desk, "report", "What is owed")
        assert "$11.14 owed: $5.57 available, $5.57 on hold." in told
        assert "JARED30 | $5.57 | $5.57 | $0.00 | $0.00" in told

    async def test_nothing(self, desk: Desk) -> None:
        """Said in words."""
        await ask(desk, "report", "Nothing is owed")


class TestWhy:
    """Why somebody earns from a sale, or nobody does."""

    async def test_a_credited_sale_shows_its_sum(self, desk: Desk) -> None:
        """By its invoice."""
        await join(desk.db)
        await settle(desk.db, facts(), later(facts(), refunded=1450))
        with clock.travel(PAID + timedelta(days=1)):
            told = await ask(desk, "find in_1", "Why: in_1")
        minus, times = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
        for part in (
            "Credited to JARED30",
            "The invoice has the code JARED30, which belongs to an affiliate.",
            f"{minus}$14.50 refunded",
            f"$13.36 net base {times} 20% = $2.67, on hold until ",
        ):
            assert part in told

    async def test_a_sale_of_nobodys_says_each_step(self, desk: Desk) -> None:
        """What was looked at, and that nothing led anywhere."""
        await join(desk.db)
        await settle(desk.db, facts(codes=()))
        told = await ask(desk, "find in_1", "Nobody earns")
        assert "No promotion code on the invoice." in told
        assert "did not sign up through a referral link" in told

    async def test_an_unknown_invoice_is_said(self, desk: Desk) -> None:
        """Not seen paid."""
        await ask(desk, "find in_nothing", "No paid invoice in_nothing was seen.")

    async def test_from_an_affiliate_to_their_sales_to_the_reason(self, desk: Desk) -> None:
        """`Last sales`, then `Why?`."""
        await join(desk.db)
        await settle(desk.db, facts(1), facts(2), facts(3))
        await ask(desk, "find jared", "Last sales")
        message = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]
        await desk.ws.click(MARIA, AFFILIATES, message["ts"], "Last sales")
        told = await desk.whispered(MARIA, "Last sales of JARED30")
        assert told.index("in_3") < told.index("in_1")
        assert "cycle limit" in told
        message = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]
        await desk.ws.click(MARIA, AFFILIATES, message["ts"], "Why?")
        assert "This is paid cycle 3" in await desk.whispered(MARIA, "Why: in_3")

    async def test_the_summary_of_a_week_can_be_seen_at_any_time(self, desk: Desk) -> None:
        """This week so far, or the one that was posted; anything else is explained."""
        with clock.travel(PAID):
            await join(desk.db)
            await settle(desk.db, facts())
        with clock.travel(PAID + timedelta(days=2)):
            told = await ask(desk, "report last_week", "Week 44, 26 October to 1 November 2026")
            assert "Sales: 1 (the week before: 0)" in told
            told = await ask(desk, "report WEEK", "Week 45, 2 to 8 November 2026, so far")
            assert "Sales: 0 (the week before: 1)" in told
            await ask(desk, "report year", "That is no report.")
