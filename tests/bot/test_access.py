"""Who may act: reviewers of our own workspace."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

import clock
from bot.access import PAGE, Access, UnsureError
from bot.app import slack_client
from sandbox.slack.people import AFFILIATES, MARIA, SAM
from settings import Settings
from tests.bot.conftest import Desk

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def access(desk: Desk, **changed: Any) -> Access:
    """The rule under these settings."""
    settings = desk.context.settings.model_copy(update=changed)
    return Access(settings, desk.context.slack)


class TestReviewers:
    """Who counts as one."""

    async def test_members_of_the_channel_do(self, desk: Desk) -> None:
        """Those in the operators' channel may act, others may not."""
        rule = access(desk)

        assert await rule.may_review(MARIA)
        assert not await rule.may_review(SAM)

    async def test_every_page_of_members_is_read(self, desk: Desk) -> None:
        """In a large channel the last member counts like the first."""
        for number in range(PAGE + 1):
            desk.ws.join(AFFILIATES, f"U{number:04}")

        assert await access(desk).may_review(f"U{PAGE:04}")

    @pytest.mark.parametrize("name", ["affiliates", "#affiliates"])
    async def test_the_channel_may_be_given_by_name(self, desk: Desk, name: str) -> None:
        """As people know it, and as cards find it; its id is asked for once."""
        rule = access(desk, slack_channel=name)
        with clock.travel(NOON):
            assert await rule.may_review(MARIA)
        with clock.travel(NOON + timedelta(seconds=61)):
            assert not await rule.may_review(SAM)
        assert len(desk.ws.faults.calls_of("conversations.list")) == 1

    async def test_the_list_is_kept_for_a_minute(self, desk: Desk) -> None:
        """Slack is not asked at every click, and who leaves loses the right within a minute."""
        rule = access(desk)
        with clock.travel(NOON):
            assert await rule.may_review(MARIA)
            desk.ws.leave(AFFILIATES, MARIA)
            assert await rule.may_review(MARIA)
        assert len(desk.ws.faults.calls_of("conversations.members")) == 1
        with clock.travel(NOON + timedelta(seconds=61)):
            assert not await rule.may_review(MARIA)

    async def test_named_reviewers_are_the_only_ones(self, desk: Desk) -> None:
        """With SLACK_REVIEWERS being in the channel is not enough, nor is Slack asked."""
        rule = access(desk, slack_reviewers=frozenset({SAM}))

        assert await rule.may_review(SAM)
        assert not await rule.may_review(MARIA)
        assert not desk.ws.faults.calls_of("conversations.members")

    async def test_slack_not_answering_is_told_apart(self, desk: Desk) -> None:
        """Not knowing is neither yes nor no."""
        desk.ws.fail_next("conversations.members", error="fatal_error")

        with pytest.raises(UnsureError):
            await access(desk).may_review(MARIA)

    async def test_slack_not_being_there_is_told_apart(self) -> None:
        """The same when nothing can be reached."""
        settings = Settings(
            _env_file=None,
            slack_bot_token=SecretStr("xoxb-1"),
            slack_signing_secret=SecretStr("s"),
            slack_channel="C1",
            slack_api_url="http://127.0.0.1:1/",
        )

        with pytest.raises(UnsureError):
            await Access(settings, slack_client(settings)).may_review(MARIA)


class TestFinance:
    """Who decides on payouts."""

    async def test_named_finance_is_not_the_reviewers(self, desk: Desk) -> None:
        """Being in finance makes nobody a reviewer, nor the other way round."""
        rule = access(desk, slack_finance=frozenset({SAM}))

        assert await rule.may_pay(SAM)
        assert not await rule.may_review(SAM)
        assert not await rule.may_pay(MARIA)

    async def test_without_names_it_is_the_reviewers(self, desk: Desk) -> None:
        """Unset means that whoever reviews pays, too."""
        assert await access(desk).may_pay(MARIA)
        assert not await access(desk).may_pay(SAM)


class TestRefusals:
    """What others get to see."""

    async def test_a_stranger_is_refused(self, desk: Desk) -> None:
        """A click by somebody outside the channel is answered to them alone, and does nothing."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)

        assert (await desk.ws.click(SAM, AFFILIATES, ts, "Approve")).ok

        await desk.whispered(SAM, "Only reviewers of the affiliate program may do that")
        assert desk.ws.top_view(SAM) is None

    async def test_a_stranger_can_ask_nothing(self, desk: Desk) -> None:
        """The queue holds names and addresses: it is for reviewers."""
        await desk.apply()

        assert (await desk.ws.command(SAM, "/affiliate", "queue")).ok

        told = await desk.whispered(SAM, "Only reviewers")
        assert "JaredPicks" not in told

    async def test_a_reviewer_who_left_cannot_send_an_open_form(self, desk: Desk) -> None:
        """The right is checked when a form is sent, not only when it opens."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")
        view = await desk.modal(MARIA)
        desk.ws.leave(AFFILIATES, MARIA)

        with clock.travel(clock.now() + timedelta(seconds=61)):
            assert (await desk.ws.submit(MARIA, view["id"], {"Reason": "No."})).ok

        assert "Only reviewers" in desk.ws.text_of(await desk.modal(MARIA))
        assert (await desk.stored(application.id)).status == "pending"

    @pytest.mark.parametrize("whose", ["payload", "user"])
    async def test_another_workspace_is_refused(self, desk: Desk, whose: str) -> None:
        """Neither an app in another workspace nor a guest from one decides here."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        await desk.ws.click(MARIA, AFFILIATES, ts, "Approve")
        await desk.modal(MARIA)
        desk.ws.put_away(MARIA)
        payload = deepcopy(next(p for kind, p in desk.ws.delivery.sent if kind == "block_actions"))
        payload["trigger_id"] = desk.ws.new_trigger(MARIA)
        if whose == "payload":
            payload["team"] = {"id": "T0OTHER", "domain": "other"}
        else:
            payload["user"]["team_id"] = "T0OTHER"

        assert (await desk.ws.delivery.interaction(payload)).ok

        await desk.whispered(MARIA, "belongs to another workspace")
        assert desk.ws.top_view(MARIA) is None

    async def test_when_slack_does_not_say_who_they_are_nobody_acts(self, desk: Desk) -> None:
        """The reviewer is told to try again, and the next try works."""
        application = await desk.apply()
        ts = await desk.post_card(application.id)
        desk.ws.fail_next("conversations.members", error="fatal_error")

        await desk.ws.click(MARIA, AFFILIATES, ts, "Approve")
        await desk.whispered(MARIA, "try again in a minute")
        await desk.ws.click(MARIA, AFFILIATES, ts, "Approve")

        assert await desk.modal(MARIA, "JARED30")
