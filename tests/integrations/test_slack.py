"""Calls to Slack where something else answers in its place."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.web.async_client import AsyncWebClient

from integrations import slack
from integrations.errors import TransportError
from tests.faults.weather import LIES

JSON = "application/json"
Answer = tuple[int, str, str]
"""A status, a type and a text."""


@pytest.fixture
def answers() -> list[Answer]:
    """What is answered to each call: the first in it."""
    return []


@pytest.fixture
async def client(answers: list[Answer]) -> AsyncIterator[AsyncWebClient]:
    """A client of something that stands where Slack should."""

    async def answer(_request: web.Request) -> web.Response:
        status, kind, text = answers[0]
        return web.Response(status=status, content_type=kind, text=text)

    app = web.Application()
    app.router.add_route("*", "/api/{method}", answer)
    server = TestServer(app)
    await server.start_server()
    yield AsyncWebClient("xoxb-1", str(server.make_url("/api/")), retry_handlers=[])
    await server.close()


@pytest.mark.parametrize("lie", LIES["slack"], ids=range(len(LIES["slack"])))
async def test_what_is_no_answer_of_slacks_is_worth_another_attempt(
    client: AsyncWebClient, answers: list[Answer], lie: Answer
) -> None:
    """A sign-in page, half an answer or another program's is neither done nor refused for good."""
    answers.append(lie)
    with pytest.raises(TransportError) as caught:
        await slack.call(client, "chat.update", channel="C1", ts="1.0", text="x")
    assert not caught.value.permanent


async def test_a_refusal_in_slacks_words_is_final(
    client: AsyncWebClient, answers: list[Answer]
) -> None:
    """A person has to look, and reads the word."""
    answers.append((200, JSON, '{"ok": false, "error": "not_in_channel"}'))
    with pytest.raises(TransportError) as caught:
        await slack.call(client, "chat.update", channel="C1", ts="1.0", text="x")
    assert (caught.value.permanent, caught.value.code) == (True, "not_in_channel")
