from typing import Any

import pytest

from domain import program, sessions
from domain.leaderboard import Metric, Span
from tests.builders import RITA
from tests.dashboard.api.conftest import TOKEN, Api
from tests.leaderboard_builders import join_many, sell

HERE = "/api/affiliate/leaderboard"


async def ask(api: Api, token: str = "", *, admin: str = "", **query: str) -> tuple[int, Any]:
    """The answer to whoever has this session, or this admin token."""
    headers = {"Cookie": f"desk_session={token}"} if token else {}
    headers |= {"Authorization": f"Bearer {admin}"} if admin else {}
    answer = await api.bare.get(HERE, params=query, headers=headers)
    return answer.status, await answer.json(content_type=None)


async def test_an_affiliate_sees_initials_and_where_they_stand(api: Api) -> None:
    """Nobody's id, name or address; the first ones, and their own position behind them."""
    await join_many(api.db, "Ann Arbor", "Bob Bo", "Cid")
    for code, count in (("AFF0", 3), ("AFF1", 2), ("AFF2", 1)):
        await sell(api.db, code, count)
    async with api.db.transaction() as session:
        token = await sessions.open_for(session, "aff2@example.com", "Firefox", "link")
    status, body = await ask(api, token, period="all", metric="referrals", limit="2")
    assert (status, body) == (
        200,
        {
            "period": "all",
            "metric": "referrals",
            "currency": "usd",
            "min_clicks": 50,
            "ranked": 3,
            "data": [
                {"rank": 1, "display_name": "A.A.", "value": 3, "own": False},
                {"rank": 2, "display_name": "B.B.", "value": 2, "own": False},
            ],
            "own_position": {"rank": 3, "value": 1, "clicks_missing": 0},
        },
    )
    for span in Span:
        for metric in Metric:
            assert (await ask(api, token, period=span, metric=metric))[0] == 200


async def test_the_admin_token_says_who_it_is(api: Api) -> None:
    """With nobody's own position."""
    (ann,) = await join_many(api.db, "Ann Arbor")
    await sell(api.db, "AFF0", 1)
    status, body = await ask(api, admin=TOKEN, period="all", metric="earnings")
    assert status == 200
    assert body["own_position"] is None
    (place,) = body["data"]
    assert (place["affiliate_id"], place["value"]) == (str(ann.id), 557)


async def test_strangers_and_wrong_tokens_are_turned_away(api: Api) -> None:
    """With how to be let in."""
    assert (await ask(api))[0] == 401
    assert (await ask(api, "made-up"))[0] == 401
    assert (await ask(api, admin="wrong"))[0] == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"period": "year"}, "period"),
        ({"metric": "fame"}, "metric"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "9" * 500}, "limit"),
    ],
)
async def test_what_cannot_be_shown_is_named(api: Api, query: dict[str, str], field: str) -> None:
    """422 with the field and what it takes."""
    status, body = await ask(api, admin=TOKEN, **query)
    assert (status, list(body["fields"])) == (422, [field])


async def test_switched_off_it_says_so(api: Api) -> None:
    """404 with a sentence, to anybody."""
    async with api.db.transaction() as session:
        await program.update(session, {"leaderboard_enabled": False}, RITA)
    status, body = await ask(api, admin=TOKEN)
    assert (status, body["detail"]) == (404, "This program has switched its leaderboard off.")
