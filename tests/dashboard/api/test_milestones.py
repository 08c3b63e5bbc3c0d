"""`/api/affiliate/milestones`: read by affiliates, written by the admin."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from dashboard.api.app import add_routes
from dashboard.context import DashboardContext
from domain import sessions
from storage import audit
from storage.db import Database
from tests.builders import join
from tests.dashboard.api.conftest import TOKEN
from tests.dashboard.desk import make_settings
from tests.milestone_builders import make_milestone
from tests.tier_builders import convert

HERE = "/api/affiliate/milestones"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
TEN: dict[str, Any] = {"name": "Ten", "referral_threshold": 10, "bonus_amount_cents": 5000}
FULL = TEN | {"description": "Go on", "is_active": False, "sort_order": 3}

Caller = TestClient[web.Request, web.Application]


@pytest.fixture
async def caller(db: Database) -> AsyncIterator[Caller]:
    """Somebody who calls, on SQLite and PostgreSQL in turn."""
    app = web.Application()
    settings = make_settings(admin_api_token=SecretStr(TOKEN))
    add_routes(app, DashboardContext(db, settings, None))
    async with TestClient(TestServer(app)) as client:
        yield client


async def admin(caller: Caller, method: str, path: str = "", **given: Any) -> tuple[int, Any]:
    """What the admin is answered: `(status, JSON)`."""
    answer = await caller.request(method, f"{HERE}{path}", headers=ADMIN, **given)
    kind = "application/json" if answer.ok else "application/problem+json"
    assert answer.content_type == kind
    return answer.status, await answer.json(content_type=kind)


async def signed_in(db: Database, email: str) -> dict[str, str]:
    """The header of a browser with a session."""
    async with db.transaction() as session:
        token = await sessions.open_for(session, email, "Firefox", "link")
    return {"Cookie": f"__Host-desk_session={token}; desk_session={token}"}


async def test_it_is_made_changed_and_deleted(db: Database, caller: Caller) -> None:
    """Every field comes back as it is kept, and each act is in the log."""
    status, made = await admin(caller, "POST", json=FULL)
    assert status == 201
    assert {name: made[name] for name in FULL} == FULL
    assert (made["currency"], made["affiliates_due"], made["affiliates_awarded"]) == ("usd", 0, 0)
    path = f"/{made['id']}"
    assert await admin(caller, "GET", path) == (200, made)
    status, changed = await admin(caller, "PATCH", path, json={"is_active": True})
    assert (status, changed["is_active"], changed["name"]) == (200, True, "Ten")
    assert (await admin(caller, "GET"))[1]["data"] == [changed]
    status, gone = await admin(caller, "DELETE", path)
    assert (status, gone["name"]) == (200, "Ten")
    for method in ("GET", "DELETE"):
        assert (await admin(caller, method, path))[0] == 404
    assert (await admin(caller, "PATCH", path, json={"name": "X"}))[0] == 404
    assert (await admin(caller, "GET", "/no-id"))[0] == 404
    async with db.read() as session:
        lines = await audit.of_subject(session, f"milestone:{made['id']}")
    assert [(line.actor, line.action) for line in lines] == [
        ("api", "milestone.created"),
        ("api", "milestone.changed"),
        ("api", "milestone.deleted"),
    ]


async def test_what_saving_costs_can_be_asked_before(db: Database, caller: Caller) -> None:
    """Nothing is kept by asking; making it says the same."""
    await join(db)
    await convert(db, 1)
    one = TEN | {"referral_threshold": 1}
    status, asked = await admin(caller, "POST", "?dry_run=true", json=one)
    assert (status, asked["affiliates_due"], asked["bonuses_due_cents"]) == (200, 1, 5000)
    assert (await admin(caller, "GET"))[1] == {"data": []}
    _, far = await admin(caller, "POST", json=TEN)
    assert far["affiliates_due"] == 0
    path = f"/{far['id']}"
    ease = {"referral_threshold": 1}
    _, asked = await admin(caller, "PATCH", f"{path}?dry_run=true", json=ease)
    assert asked["affiliates_due"] == 1
    assert (await admin(caller, "GET", path))[1]["referral_threshold"] == 10
    _, eased = await admin(caller, "PATCH", path, json=ease)
    assert eased["affiliates_due"] == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "name"),
        (TEN | {"name": 5}, "name"),
        (TEN | {"name": " "}, "name"),
        (TEN | {"referral_threshold": 0}, "referral_threshold"),
        (TEN | {"referral_threshold": 2.5}, "referral_threshold"),
        (TEN | {"referral_threshold": True}, "referral_threshold"),
        (TEN | {"bonus_amount_cents": -1}, "bonus_amount_cents"),
        (TEN | {"bonus_amount_cents": 10**30}, "bonus_amount_cents"),
        (TEN | {"is_active": "yes"}, "is_active"),
        (TEN | {"sort_order": -1}, "sort_order"),
        (TEN | {"description": "x" * 301}, "description"),
        (TEN | {"bonus": 1}, "bonus"),
    ],
)
async def test_mistakes_are_named_by_field(
    caller: Caller, given: dict[str, Any], field: str
) -> None:
    """With 422, and nothing is kept."""
    status, problem = await admin(caller, "POST", json=given)
    assert status == 422
    assert field in problem["fields"]
    assert (await admin(caller, "GET"))[1] == {"data": []}


async def test_two_need_names_and_numbers_of_their_own(caller: Caller) -> None:
    """Also when one is changed."""
    _, made = await admin(caller, "POST", json=TEN)
    status, problem = await admin(caller, "POST", json=TEN | {"name": "TEN"})
    assert (status, set(problem["fields"])) == (422, {"name", "referral_threshold"})
    await admin(caller, "POST", json={**TEN, "name": "Twenty", "referral_threshold": 20})
    status, problem = await admin(
        caller, "PATCH", f"/{made['id']}", json={"referral_threshold": 20}
    )
    assert (status, set(problem["fields"])) == (422, {"referral_threshold"})


async def test_affiliates_read_their_own_and_write_nothing(db: Database, caller: Caller) -> None:
    """The milestones in force, the way to the next, and their awards; strangers nothing."""
    affiliate = await join(db)
    await make_milestone(db, "One", 1)
    await make_milestone(db, "Ten", 10, description="Go on")
    await make_milestone(db, "Paused", 20, is_active=False)
    await convert(db, 1)
    assert (await caller.get(HERE)).status == 401
    assert (await caller.post(HERE, json=TEN)).status == 401
    theirs = await signed_in(db, affiliate.email)
    assert (await caller.post(HERE, json=TEN, headers=theirs)).status == 401
    answer = await caller.get(HERE, headers=theirs)
    assert answer.status == 200
    seen = await answer.json()
    assert seen["converted_referrals"] == 1
    assert [each["name"] for each in seen["data"]] == ["One", "Ten"]
    assert "affiliates_due" not in str(seen)
    assert (seen["next"]["name"], seen["next"]["bonus_amount_cents"]) == ("Ten", 5000)
    (award,) = seen["awards"]
    assert (award["name"], award["withdrawn"], award["currency"]) == ("One", False, "usd")
    stranger = await signed_in(db, "stranger@example.com")
    assert (await caller.get(HERE, headers=stranger)).status == 403
