"""`/affiliate leaderboard`."""

from hypothesis import given
from hypothesis import strategies as st

import clock
from bot.cards.charts import plainer
from bot.cards.leaderboard import leaderboard_card
from domain import program
from domain.leaderboard import Board, Metric, Place, Span
from sandbox.slack.blocks import check_blocks
from sandbox.slack.people import AFFILIATES, MARIA
from tests.bot.cards.samples import TEXT
from tests.bot.cards.test_lists import affiliates, sound
from tests.bot.conftest import Desk
from tests.bot.listeners.test_commands import ask
from tests.builders import PAID, RITA
from tests.leaderboard_builders import join_many, sell

_PLACES = st.lists(
    st.builds(Place, st.integers(1, 9), TEXT, st.integers(1, 10**12), affiliates), max_size=10
)
_BOARDS = st.builds(
    Board,
    st.sampled_from(list(Span)),
    st.sampled_from(list(Metric)),
    st.sampled_from(["usd", "jpy"]),
    st.integers(1, 50),
    _PLACES,
    st.integers(0, 10**4),
)


async def test_operators_see_names_a_chart_and_a_table(desk: Desk) -> None:
    """In any order of words; the same places as affiliates see, with who it is."""
    await join_many(desk.db, "Ann Arbor", "Bob <b> Bo")
    with clock.travel(PAID):
        await sell(desk.db, "AFF0", 1)
        await sell(desk.db, "AFF1", 2)
        told = await ask(desk, "leaderboard", "Referrals, this month")
        assert "2 ranked" in told
        blocks = desk.ws.ephemerals(AFFILIATES, MARIA)[-1]["blocks"]
        (chart,) = [block for block in blocks if block["type"] == "data_visualization"]
        assert chart["chart"]["series"][0]["data"] == [
            {"label": "AFF1", "value": 2},
            {"label": "AFF0", "value": 1},
        ]
        (table,) = [block for block in blocks if block["type"] == "table"]
        rows = [[cell["text"] for cell in row] for row in table["rows"]]
        assert rows[1] == ["Bob <b> Bo", "1", "B.B.", "AFF1", "2"]
        told = await ask(desk, "leaderboard EARNINGS all", "Earnings, all time")
        assert "$11.14" in told


async def test_what_is_not_understood_is_explained(desk: Desk) -> None:
    """With the words there are."""
    told = await ask(desk, "leaderboard yesterday", "I do not know “yesterday”")
    assert "month, last_month, all" in told


async def test_operators_see_it_also_where_affiliates_do_not(desk: Desk) -> None:
    """And hear that it is switched off."""
    async with desk.db.transaction() as session:
        await program.update(session, {"leaderboard_enabled": False}, RITA)
    await ask(desk, "leaderboard", "Affiliates do not see a leaderboard: it is switched off.")


@given(board=_BOARDS, off=st.booleans())
def test_slack_takes_every_board(board: Board, *, off: bool) -> None:
    """Whatever people call themselves, with charts or without."""
    message = leaderboard_card(board, off=off)
    assert sound(message)
    assert not check_blocks(plainer(message[1]))
