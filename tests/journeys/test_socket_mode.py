"""The first story over Socket Mode, for a server that Slack cannot reach by HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from sandbox.slack.people import AFFILIATES, JONAS, MARIA, SAM
from sandbox.stand_ins import StandIns
from sandbox.tally.personas import PERSONAS
from settings import Settings
from tests.forked import ForkedServer
from tests.server import Server
from tests.standing import free_port, standing_in

_NOBODY = "http://127.0.0.1:9/nobody-listens-here"


@dataclass
class Story:
    """A running server, and the outside world."""

    server: Server
    stand_ins: StandIns

    async def whispered(self, user: str, part: str) -> None:
        """Wait until this user alone is told something."""
        slack = self.stand_ins.slack

        def told() -> bool:
            said = [slack.text_of(message) for message in slack.ephemerals(AFFILIATES, user)]
            return any(part in text for text in said)

        await slack.until(told)


@pytest.fixture
async def story(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Story]:
    """A server with SLACK_APP_TOKEN and no signing secret; Slack knows no address of it."""
    port = free_port()
    async with standing_in(port) as stand_ins:
        told = stand_ins.settings() | {
            "slack_app_token": SecretStr(stand_ins.slack.app_token),
            "slack_signing_secret": None,
        }
        stand_ins.slack.delivery.events_url = _NOBODY
        settings = Settings(_env_file=None, port=port, database_url=sqlite_url, **told)
        server = ForkedServer(port, tmp_path, "serve", settings=settings)
        await server.start()
        await stand_ins.slack.until(lambda: stand_ins.slack.delivery.lines)
        yield Story(server, stand_ins)
        assert await server.stop() == 0
        await stand_ins.slack.until(lambda: not stand_ins.slack.delivery.lines)


async def test_an_application_is_approved_over_the_socket(story: Story) -> None:
    """Form, card, modal, decision, code and mails: all of it without `/slack/events`."""
    stand_ins, slack = story.stand_ins, story.stand_ins.slack
    assert (await stand_ins.tally.submit(PERSONAS["good"].answers))[0] == 200
    card = await slack.until(lambda: next(iter(slack.messages(AFFILIATES)), None))
    async with aiohttp.ClientSession() as client:
        assert (await client.post(f"{story.server.url}/slack/events")).status == 404

    assert (await slack.command(MARIA, "/affiliate", "queue")).ok
    await story.whispered(MARIA, "Jared Breaks Down Props")
    assert (await slack.open_home(MARIA)).ok
    await slack.until(lambda: slack.home(MARIA))
    assert (await slack.click(SAM, AFFILIATES, card["ts"], "Approve")).ok
    await story.whispered(SAM, "Only reviewers")

    assert (await slack.click(MARIA, AFFILIATES, card["ts"], "Approve")).ok
    view = await slack.until(lambda: slack.top_view(MARIA))
    wrong = await slack.submit(MARIA, view["id"], {"Promo code": "VIP"})
    assert "too generic" in " ".join(wrong.errors.values())
    assert (await slack.submit(MARIA, view["id"], {"Promo code": "JARED30"})).ok
    await slack.until(lambda: "Approved by @maria" in slack.text_of(slack.messages(AFFILIATES)[0]))
    assert (await slack.click(JONAS, AFFILIATES, card["ts"], "Pause")).ok
    await slack.until(lambda: slack.top_view(JONAS))

    await slack.until(lambda: len(stand_ins.mail.letters) == 2)
    subjects = [letter["subject"] for letter in stand_ins.mail.letters]
    assert any(subject.startswith("You are in: JARED30") for subject in subjects)
    codes = await slack.until(
        lambda: list(stand_ins.stripe.objects.newest_first("promotion_code")) or None
    )
    assert [(code["code"], code["active"]) for code in codes] == [("JARED30", True)]
