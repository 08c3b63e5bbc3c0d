"""`/affiliate` and what can be typed after it."""

from datetime import timedelta

import pytest

import clock
from domain import applications
from domain.audit import Actor
from sandbox.slack.people import AFFILIATES, MARIA
from tests.bot.conftest import Desk

REVIEWER = Actor(MARIA, "@maria", "slack")


async def ask(desk: Desk, text: str, part: str) -> str:
    """Type `/affiliate text` and return the answer that holds `part`."""
    assert (await desk.ws.command(MARIA, "/affiliate", text)).ok
    return await desk.whispered(MARIA, part)


class TestHelp:
    """What is there."""

    @pytest.mark.parametrize("text", ["help", "", "  HELP "])
    async def test_it_lists_what_can_be_asked(self, desk: Desk, text: str) -> None:
        """Every subcommand with what it is for, also when nothing was typed."""
        told = await ask(desk, text, "/affiliate queue")

        for usage in ("/affiliate find TEXT", "/affiliate health", "/affiliate help"):
            assert usage in told

    async def test_a_slip_is_guessed(self, desk: Desk) -> None:
        """An unknown word is named, with what was probably meant."""
        told = await ask(desk, "qeue <!channel>", "There is no “qeue”.")

        assert "Did you mean queue?" in told
        assert "/affiliate help" in told

    async def test_a_word_like_no_other_gets_the_list(self, desk: Desk) -> None:
        """Nothing is guessed where nothing is near, and nothing that was typed is obeyed."""
        told = await ask(desk, "<!channel>", "There is no “<!channel>”.")

        assert "Did you mean" not in told
        assert "<!" not in desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["text"]


class TestQueue:
    """`/affiliate queue`."""

    async def test_nothing_waits(self, desk: Desk) -> None:
        """An empty queue says so."""
        await ask(desk, "queue", "No application waits for a decision.")

    async def test_the_longest_waiting_comes_first_and_can_be_decided(self, desk: Desk) -> None:
        """`Review` shows the card, whose buttons decide as they do in the channel."""
        first = await desk.apply()
        await desk.apply(email="ana@example.com", display_name="AnaBets", requested_code="ANA30")
        told = await ask(desk, "queue", "2 applications wait for a decision.")
        assert told.index("JaredPicks") < told.index("AnaBets")

        message = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]
        await desk.ws.click(MARIA, AFFILIATES, message["ts"], "Review")
        review = await desk.modal(MARIA, "Review checklist")
        await desk.ws.click_in(MARIA, review["id"], "Approve")
        form = await desk.modal(MARIA, "Approving lets")
        assert (await desk.ws.submit(MARIA, form["id"])).ok

        await desk.whispered(MARIA, "Approved: JaredPicks with JARED30.")
        assert desk.ws.top_view(MARIA) is None
        assert (await desk.stored(first.id)).status == "approved"

    async def test_it_says_how_long_somebody_waits(self, desk: Desk) -> None:
        """What is late stands out, and so does what cannot be approved as it is."""
        with clock.travel(clock.now() - timedelta(days=3, hours=1)):
            await desk.apply()
        await desk.apply(email="nowhere", display_name="AnaBets")

        told = await ask(desk, "queue", "2 applications wait")

        assert "YouTube · waits for 3 days\n" in told
        assert "YouTube · new · no mail address" in told

    async def test_a_long_queue_is_cut(self, desk: Desk) -> None:
        """Slack takes 50 blocks a message; the rest is counted."""
        for number in range(23):
            await desk.apply(email=f"a{number}@example.com")

        assert "… and 3 more after these." in await ask(desk, "queue", "23 applications wait")

    async def test_a_review_of_what_was_decided_meanwhile_says_so(self, desk: Desk) -> None:
        """A button of a stale `Review` is answered on top of it."""
        application = await desk.apply()
        await ask(desk, "queue", "1 application waits")
        message = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]
        await desk.ws.click(MARIA, AFFILIATES, message["ts"], "Review")
        review = await desk.modal(MARIA, "Review checklist")
        async with desk.db.transaction() as session:
            await applications.reject(session, application.id, "No.", REVIEWER)

        await desk.ws.click_in(MARIA, review["id"], "Approve")

        await desk.modal(MARIA, "Already rejected by @maria.")


class TestFind:
    """`/affiliate find`."""

    async def test_it_needs_something_to_look_for(self, desk: Desk) -> None:
        """Without a text it explains itself."""
        await ask(desk, "find", "Whom?")

    async def test_nobody(self, desk: Desk) -> None:
        """What was looked for is repeated, and not obeyed."""
        await ask(desk, "find <@U0MARIA>", "Nobody found for “<@U0MARIA>”.")

    async def test_affiliates_and_applications(self, desk: Desk) -> None:
        """Affiliates come with their status and steps, and only once; applicants with Review."""
        approved = await desk.apply()
        await desk.apply(email="jared2@example.com", display_name="Jared Two")
        async with desk.db.transaction() as session:
            await applications.approve(session, approved.id, "JARED30", REVIEWER)

        told = await ask(desk, "find jARED", "Found for “jARED”")

        assert told.count("JaredPicks") == 1
        for part in ("JARED30", "approved", "Pause", "Ban", "Jared Two", "Review"):
            assert part in told

    async def test_many_are_cut(self, desk: Desk) -> None:
        """More than fit are not left out silently."""
        for number in range(10):
            await desk.apply(email=f"a{number}@example.com")

        assert "There are more" in await ask(desk, "find example.com", "Found for")
