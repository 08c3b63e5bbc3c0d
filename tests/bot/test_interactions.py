"""Answers by response address."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.cards.blocks import rich, said, section
from bot.cards.charts import bar_chart, table
from bot.interactions import whisper

CHART = bar_chart("Sales", ["Mon", "Tue"], {"credited": [1, 0], "others": [2, 3]}, y_label="Sales")
TABLE = table(["Affiliate", "Owed"], [["JARED30", "$5.57"], ["AMY30", "$0.00"]])
WORDS = rich(section(said("Sales")))


class Response:
    """A response address that takes no block of these types."""

    def __init__(self) -> None:
        self.refused = {"data_visualization", "table"}
        self.asked: list[dict[str, Any]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Refuse what it does not know, in Slack's words."""
        given = await request.json()
        self.asked.append(given)
        if self.refused & {block["type"] for block in given["blocks"]}:
            return web.json_response({"ok": False, "error": "invalid_blocks"}, status=400)
        return web.Response(text="ok")


@pytest.fixture
async def response() -> AsyncIterator[Response]:
    """A response address."""
    made, app = Response(), web.Application()
    app.router.add_post("/", made.take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/"))
        yield made


async def test_where_charts_are_not_taken_the_figures_are_sent_in_words(
    response: Response,
) -> None:
    """Every figure of chart and table is in the second attempt."""
    await whisper(response.url, ("Sales", [WORDS, CHART, TABLE]))
    _, sent = response.asked
    assert [block["type"] for block in sent["blocks"]] == ["rich_text"] * 3
    told = json.dumps(sent["blocks"])
    for part in ("Mon: ", "1 credited, 2 others", "Tue: ", "0 credited, 3 others"):
        assert part in told
    for part in ("JARED30: ", "Owed $5.57", "AMY30: ", "Owed $0.00"):
        assert part in told


async def test_what_is_taken_is_sent_once(response: Response) -> None:
    """The chart as it is."""
    response.refused = set()
    await whisper(response.url, ("Sales", [WORDS, CHART]))
    (sent,) = response.asked
    assert sent["blocks"] == [WORDS, CHART]


async def test_a_refusal_of_plain_words_is_not_repeated(response: Response) -> None:
    """There is nothing plainer."""
    response.refused = {"rich_text"}
    await whisper(response.url, ("Sales", [WORDS]))
    assert len(response.asked) == 1
