"""The doors by which Slack reaches the bot."""

import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from slack_sdk.signature import SignatureVerifier

from bot.app import BotContext, add_routes, build_bot, slack_client, socket_mode
from sandbox.slack.people import AFFILIATES, MARIA
from settings import Settings
from storage.db import Database
from tests.bot.conftest import Desk

OLD = 301


def signed(desk: Desk, body: str, *, age: int = 0) -> dict[str, str]:
    """The headers that Slack would send with this body, `age` seconds ago."""
    verifier = SignatureVerifier(desk.ws.signing_secret)
    timestamp = str(int(verifier.clock.now()) - age)
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": verifier.generate_signature(timestamp=timestamp, body=body) or "",
        "Content-Type": "application/json",
    }


async def post(
    desk: Desk, body: str | bytes | io.BytesIO, headers: dict[str, str]
) -> tuple[int, Any]:
    """The status and body of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(desk.url, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


class TestTheDoor:
    """`POST /slack/events`."""

    async def test_slack_may_verify_the_address(self, desk: Desk) -> None:
        """The challenge that Slack sends when the address is entered comes back."""
        body = json.dumps({"type": "url_verification", "challenge": "c-1"})

        status, text = await post(desk, body, signed(desk, body))

        assert (status, json.loads(text)) == (200, {"challenge": "c-1"})

    async def test_a_wrong_signature_is_refused(self, desk: Desk) -> None:
        """Nothing that Slack did not sign is read: wrong, missing, or made for another body."""
        body = json.dumps({"type": "url_verification", "challenge": "c-1"})
        headers = signed(desk, body)

        wrong = headers | {"X-Slack-Signature": "v0=" + "0" * 64}
        assert (await post(desk, body, wrong))[0] == 401
        assert (await post(desk, body, {"Content-Type": "application/json"}))[0] == 401
        assert (await post(desk, body + " ", headers))[0] == 401

    @pytest.mark.parametrize(
        "header",
        [
            {"X-Slack-Signature": "v0=\u00e9"},
            {"X-Slack-Signature": "\u00e9" * 67},
            {"X-Slack-Request-Timestamp": "99999999999999"},
            {"X-Slack-Request-Timestamp": "-1"},
        ],
    )
    async def test_a_strange_signature_is_no_failure(
        self, desk: Desk, header: dict[str, str]
    ) -> None:
        """Refused like any other that Slack did not make."""
        body = json.dumps({"type": "url_verification", "challenge": "c-1"})

        assert (await post(desk, body, signed(desk, body) | header))[0] == 401

    async def test_an_old_signature_is_refused(self, desk: Desk) -> None:
        """What was signed more than five minutes ago may have been recorded by somebody."""
        body = json.dumps({"type": "url_verification", "challenge": "c-1"})

        assert (await post(desk, body, signed(desk, body, age=OLD)))[0] == 401

    @pytest.mark.parametrize("body", ["{", "[1]", '"text"', "payload=%7B", "payload=[]", ""])
    async def test_a_malformed_body_is_told_so(self, desk: Desk, body: str) -> None:
        """Signed or not, what cannot be read is answered, and never with a 500."""
        status, _ = await post(desk, body, signed(desk, body))

        assert status == 400

    async def test_bytes_that_are_no_text_are_told_so(self, desk: Desk) -> None:
        """A body that is not UTF-8 cannot be Slack's."""
        body = b"\xff\xfe{}"
        headers = signed(desk, "x")

        assert (await post(desk, body, headers))[0] == 400

    async def test_a_body_that_is_too_big_is_refused(self, desk: Desk) -> None:
        """Two megabytes are answered with 413 before anything is verified."""
        assert (await post(desk, io.BytesIO(b"x" * 2_000_000), {}))[0] == 413

    async def test_an_unknown_deed_is_no_failure(self, desk: Desk) -> None:
        """A button that this version does not know is answered with 404."""
        body = json.dumps({"type": "event_callback", "team_id": "T0SANDBOX", "event": {}})

        assert (await post(desk, body, signed(desk, body)))[0] == 404


async def test_without_a_signing_secret_there_is_no_door(sqlite: Database) -> None:
    """With Socket Mode alone nobody could tell who posts, so nothing can be posted."""
    settings = Settings(
        _env_file=None,
        slack_bot_token=SecretStr("xoxb-1"),
        slack_app_token=SecretStr("xapp-1"),
        slack_channel="C1",
    )
    bot = build_bot(BotContext(sqlite, settings, slack_client(settings), None))
    app = web.Application()

    add_routes(app, bot)

    assert len(app.router.resources()) == 0


async def test_slack_is_asked_once_whose_the_token_is(desk: Desk) -> None:
    """`auth.test` is not repeated with every request."""
    for _ in range(3):
        await desk.ws.command(MARIA, "/affiliate", "help")

    assert len(desk.ws.faults.calls_of("auth.test")) == 1


async def test_the_client_tries_again(desk: Desk) -> None:
    """One outage and one rate limit are waited out."""
    desk.ws.fail_next("chat.postMessage", status=503)
    assert (await desk.context.slack.chat_postMessage(channel=AFFILIATES, text="one"))["ok"]

    desk.ws.fail_next("chat.postMessage", status=429, retry_after=0)
    assert (await desk.context.slack.chat_postMessage(channel=AFFILIATES, text="two"))["ok"]


def test_the_bot_is_quiet_about_secrets(tmp_path: Path) -> None:
    """Neither the context nor the client shows a token when it is printed."""
    settings = Settings(
        _env_file=None,
        slack_bot_token=SecretStr("xoxb-secret"),
        slack_signing_secret=SecretStr("shh"),
        slack_channel="C1",
    )
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/x.db")

    shown = repr(BotContext(database, settings, slack_client(settings), None))

    assert "xoxb-secret" not in shown
    assert "shh" not in shown


async def test_socket_mode_answers_as_http_does(desk: Desk) -> None:
    """With SLACK_APP_TOKEN the same listeners are reached over a socket."""
    settings = desk.context.settings.model_copy(
        update={"slack_app_token": SecretStr(desk.ws.app_token)}
    )
    handler = await socket_mode(desk.bot, settings)
    await handler.connect_async()  # type: ignore[no-untyped-call] # the library has no type here
    await desk.ws.until(lambda: desk.ws.delivery.lines or None)
    application = await desk.apply()
    ts = await desk.post_card(application.id)
    desk.ws.delivery.events_url = "http://127.0.0.1:1/nobody"

    assert (await desk.ws.click(MARIA, AFFILIATES, ts, "Reject")).ok
    view = await desk.modal(MARIA)
    assert (await desk.ws.submit(MARIA, view["id"], {"Reason": "No."})).ok

    await desk.whispered(MARIA, "Rejected")
    await handler.close_async()  # type: ignore[no-untyped-call] # nor here


async def test_socket_mode_needs_its_token(desk: Desk) -> None:
    """Asking for a socket without SLACK_APP_TOKEN names what is missing."""
    with pytest.raises(ValueError, match="SLACK_APP_TOKEN"):
        await socket_mode(desk.bot, desk.context.settings)
