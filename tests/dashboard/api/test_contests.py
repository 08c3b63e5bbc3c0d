"""Contests, made and decided by programs."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

import clock
from domain import program
from storage.ids import new_id
from tests.builders import RITA, mails_asked_for
from tests.contest_builders import (
    BEFORE,
    END,
    HOUR,
    START,
    buy,
    contest_now,
    make_contest,
    move,
    three,
)
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.operator_tokens import make_token
from tests.payout_builders import balance, movements

RACE = {
    "name": "Winter race",
    "metric": "referrals",
    "start_date": "2026-11-02T10:00:00+01:00",
    "end_date": "2026-11-30T18:00:00Z",
    "prize_description": "$500 and a badge",
    "prize_amount_cents": 50_000,
}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the time."""

    def put(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    put(BEFORE)
    return put


async def test_a_contest_is_made_changed_and_called_off(api: Api, at: Any) -> None:
    """With the program's own zone and currency where none is named; the log has each step."""
    async with api.db.transaction() as session:
        await program.update(session, {"time_zone": "Europe/Berlin"}, RITA)
    status, made = await api.post("/contests", RACE)
    assert (status, made["status"]) == (201, "upcoming")
    assert (made["start_date"], made["time_zone"]) == ("2026-11-02T09:00:00Z", "Europe/Berlin")
    path = f"/contests/{made['id']}"
    assert (await api.get(path))[1] == made
    status, told = await api.patch(path, {"name": "Spring race", "prize_amount_cents": None})
    assert (status, told["name"], told["prize_amount_cents"]) == (200, "Spring race", None)
    assert told["end_date"] == made["end_date"]
    assert (await api.post(f"{path}/cancel", {"reason": " "}))[0] == 422
    _, told = await api.post(f"{path}/cancel", {"reason": "Changed plans."})
    assert (told["status"], told["reason"], told["decided_by"]) == (
        "cancelled",
        "Changed plans.",
        "api",
    )
    assert (await api.post(f"{path}/cancel", {"reason": "Again."}))[0] == 409
    assert (await api.patch(path, {"name": "x"}))[0] == 409


async def test_a_contest_that_begins_at_once(api: Api, at: Any) -> None:
    """A start of null is now."""
    _, made = await api.post("/contests", RACE | {"start_date": None})
    assert made["status"] == "active"
    assert made["start_date"] == BEFORE.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"metric": "luck"}, "metric"),
        ({"start_date": "2026-11-01T08:00:00Z"}, "start_date"),
        ({"start_date": "2026-11-02"}, "start_date"),
        ({"start_date": "9999-12-31T23:59:59-05:00"}, "start_date"),
        ({"end_date": "0001-01-01T00:00:00+05:00"}, "end_date"),
        ({"end_date": "2026-11-02T09:30:00Z"}, "end_date"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"prize_amount_cents": 0}, "prize_amount_cents"),
        ({"prize_amount_cents": 10**12}, "prize_amount_cents"),
        ({"prize": "x"}, "prize"),
    ],
)
async def test_what_is_no_contest_is_refused_by_field(
    api: Api, at: Any, changes: dict[str, Any], field: str
) -> None:
    """In a sentence for a person, and nothing is made."""
    status, told = await api.post("/contests", RACE | changes)
    assert (status, list(told["fields"])) == (422, [field])
    assert (await api.get("/contests"))[1]["data"] == []


async def test_two_of_the_same_metric_do_not_overlap(api: Api, at: Any) -> None:
    """Not if they are made at the same moment, either."""
    answers = await asyncio.gather(*(api.post("/contests", RACE) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [201, 422, 422]


async def test_what_was_announced_gets_better_only(api: Api, at: Any) -> None:
    """Once it runs: what counts and the start stay, said in as many words."""
    contest = await make_contest(api.db)
    at(START + HOUR)
    path = f"/contests/{contest.id}"
    for change in (
        {"metric": "earnings"},
        {"start_date": "2026-11-05T09:00:00Z"},
        {"start_date": None},
        {"end_date": "2026-11-20T09:00:00Z"},
        {"prize_amount_cents": 100},
        {"prize_amount_cents": None},
    ):
        status, told = await api.patch(path, change)
        assert (status, list(told["fields"])) == (422, list(change))
    better = {"metric": "referrals", "prize_amount_cents": 60_000, "end_date": "2026-12-01T00:00Z"}
    status, told = await api.patch(path, better)
    assert (status, told["prize_amount_cents"]) == (200, 60_000)


async def test_the_winner_is_confirmed_and_paid_once(api: Api, at: Any) -> None:
    """Whoever is first has to be named; several at once are one decision and one prize."""
    amy, ben, _ = await three(api.db)
    contest = await make_contest(api.db)
    at(START + HOUR)
    await move(api.db)
    for code, n in (("AMY30", 1), ("AMY30", 2), ("BEN30", 1)):
        await buy(api.db, code, n, START + n * HOUR)
    path = f"/contests/{contest.id}"
    _, told = await api.get(path)
    places = [
        (each["place"], each["affiliate"]["promo_code"], each["value"])
        for each in told["standings"]
    ]
    assert places == [(1, "AMY30", 2), (2, "BEN30", 1)]
    assert (await api.post(f"{path}/confirm", {"affiliate": "AMY30"}))[0] == 409
    at(END + HOUR)
    await move(api.db)
    before = await balance(api.db, amy.id)
    assert (await api.post(f"{path}/confirm", {"affiliate": "BEN30"}))[0] == 409
    assert (await api.post(f"{path}/confirm", {"affiliate": "NOBODY"}))[0] == 422
    once = api.once("k1")
    answers = await asyncio.gather(
        *(once.post(f"{path}/confirm", {"affiliate": "amy30"}) for _ in range(3))
    )
    assert [status for status, _ in answers] == [200] * 3
    assert answers[0][1]["winner_user_id"] == str(amy.id)
    assert (await api.post(f"{path}/confirm", {"affiliate": "AMY30"}))[0] == 409
    assert await balance(api.db, amy.id) == before + 50_000
    assert [reason for reason, _ in await movements(api.db, amy.id)].count("contest") == 1
    assert "contest" not in [reason for reason, _ in await movements(api.db, ben.id)]


async def test_somebody_is_taken_out_and_let_back_in(api: Api, at: Any) -> None:
    """The next one is first meanwhile."""
    await three(api.db)
    contest = await make_contest(api.db)
    at(START + HOUR)
    await move(api.db)
    await buy(api.db, "AMY30", 1, START + HOUR)
    await buy(api.db, "BEN30", 1, START + 2 * HOUR)
    path = f"/contests/{contest.id}"
    assert (await api.post(f"{path}/disqualify", {"affiliate": "AMY30", "reason": ""}))[0] == 422
    out = {"affiliate": "AMY30", "reason": "Own sales."}
    _, told = await api.post(f"{path}/disqualify", out)
    assert [each["affiliate"]["promo_code"] for each in told["standings"]] == ["BEN30"]
    (gone,) = told["disqualified"]
    assert (gone["affiliate"]["promo_code"], gone["reason"]) == ("AMY30", "Own sales.")
    assert (await api.post(f"{path}/disqualify", out))[0] == 409
    _, told = await api.post(f"{path}/readmit", {"affiliate": "AMY30"})
    assert [each["affiliate"]["promo_code"] for each in told["standings"]] == ["AMY30", "BEN30"]
    assert (await api.post(f"{path}/readmit", {"affiliate": "AMY30"}))[0] == 409


async def test_a_contest_ends_without_a_winner(api: Api, at: Any) -> None:
    """Decided once, with its reason kept."""
    contest = await make_contest(api.db)
    path = f"/contests/{contest.id}/close"
    assert (await api.post(path, {"reason": "Nobody."}))[0] == 409
    at(END + HOUR)
    await move(api.db)
    _, told = await api.post(path, {"reason": "Nobody."})
    assert (told["status"], told["winner_user_id"], told["reason"]) == (
        "announced",
        None,
        "Nobody.",
    )
    assert (await contest_now(api.db, contest)).decided_by == "api"
    assert "contest_announced" not in [kind for kind, _ in await mails_asked_for(api.db)]


async def test_contests_are_listed_by_status(api: Api, at: Any) -> None:
    """The last made first, page by page."""
    made = [
        await make_contest(
            api.db,
            start_date=START + n * timedelta(days=60),
            end_date=END + n * timedelta(days=60),
        )
        for n in range(3)
    ]
    await api.post(f"/contests/{made[1].id}/cancel", {"reason": "No."})
    _, first = await api.get("/contests", limit="2")
    _, second = await api.get("/contests", limit="2", cursor=first["next_cursor"])
    ids = [each["id"] for each in first["data"] + second["data"]]
    assert ids == [str(each.id) for each in reversed(made)]
    _, told = await api.get("/contests", status="cancelled")
    assert [each["id"] for each in told["data"]] == [str(made[1].id)]


@pytest.mark.parametrize("name", [str(new_id()), "x"], ids=["unknown", "no id"])
async def test_a_contest_that_is_not_there_is_not_found(api: Api, name: str) -> None:
    """By any method, whoever else is named."""
    why, who = {"reason": "x"}, {"affiliate": "x"}
    bodies = {"cancel": why, "close": why, "confirm": who, "readmit": who, "disqualify": why | who}
    assert (await api.get(f"/contests/{name}"))[0] == 404
    assert (await api.patch(f"/contests/{name}", {"name": "x"}))[0] == 404
    for deed, body in bodies.items():
        assert (await api.post(f"/contests/{name}/{deed}", body))[0] == 404


async def test_reading_contests_is_not_deciding_them(api: Api, at: Any) -> None:
    """By the scopes of a token."""
    _, reads = await make_token(api.db, "contests:read")
    assert (await api.by(reads).get("/contests"))[0] == 200
    assert (await api.by(reads).post("/contests", RACE))[0] == 403
