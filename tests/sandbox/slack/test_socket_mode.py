"""Socket Mode with slack_bolt's own handler at the other end."""

from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from sandbox.slack.people import AFFILIATES, MARIA
from tests.sandbox.slack.conftest import Desk


async def test_commands_and_clicks_travel_over_the_socket(desk: Desk) -> None:
    """With a connected client nothing is POSTed; the ack's payload is what the person sees."""

    @desk.bot.command("/affiliate")
    async def queue(ack: Any) -> None:
        await ack("Nobody waits.")

    desk.ws.delivery.events_url = "http://127.0.0.1:9/nobody-listens-here"
    handler: Any = AsyncSocketModeHandler(desk.bot, desk.ws.app_token)
    await handler.connect_async()
    await desk.ws.until(lambda: desk.ws.delivery.lines)
    outcome = await desk.ws.command(MARIA, "/affiliate", "queue")
    assert outcome.ok
    (shown,) = desk.ws.ephemerals(AFFILIATES, MARIA)
    assert shown["text"] == "Nobody waits."
    await handler.close_async()
    await desk.ws.until(lambda: not desk.ws.delivery.lines)


async def test_an_address_works_once_and_needs_the_app_token(desk: Desk) -> None:
    """The bot's token opens no connection, and a made-up address is refused."""
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await desk.client.apps_connections_open(app_token=desk.ws.bot_token)
    opened = await desk.client.apps_connections_open(app_token=desk.ws.app_token)
    assert opened["url"].startswith("ws://")
    assert not desk.ws.delivery.lines
