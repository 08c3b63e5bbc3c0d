"""A workspace with a real slack_bolt app at the other end, over loopback HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.manifest import read_manifest
from sandbox.slack import SlackWorkspace, slack_app
from sandbox.store import Store


@dataclass
class Desk:
    """The two ends of a test: the workspace, and a bot that a test gives its listeners."""

    ws: SlackWorkspace
    bot: AsyncApp
    client: AsyncWebClient
    server: TestServer


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A fresh workspace and a bot without listeners."""
    # The bot of these tests may do more than ours: they are about the workspace.
    more = {"channels:join", "files:write", "im:write", "users:read", "users:read.email"}
    ws = SlackWorkspace(
        store=Store(), scopes=read_manifest().scopes | more, event_retries=(0.0, 0.0, 0.0)
    )
    outer = web.Application()
    outer.add_subapp("/sandbox/slack/", slack_app(ws))
    server = TestServer(outer)
    await server.start_server()
    ws.public_url = str(server.make_url("/sandbox/slack"))
    client = AsyncWebClient(token=ws.bot_token, base_url=f"{ws.public_url}/api/")
    bot = AsyncApp(client=client, signing_secret=ws.signing_secret, process_before_response=False)

    async def events(request: web.Request) -> web.Response:
        answer = await bot.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    receiver = web.Application()
    receiver.router.add_post("/slack/events", events)
    app_server = TestServer(receiver)
    await app_server.start_server()
    ws.delivery.events_url = str(app_server.make_url("/slack/events"))
    yield Desk(ws, bot, client, server)
    await app_server.close()
    await server.close()
