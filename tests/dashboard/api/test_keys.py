"""Who asks by an API key, told from everybody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import clock
from dashboard.api.keys import affiliate_of
from dashboard.api.problems import answer_problems
from dashboard.context import CONTEXT, DashboardContext
from domain import affiliates, api_keys
from domain.api_keys import Scope
from domain.audit import Actor
from domain.statuses import Status
from storage import api_keys as rows
from storage.affiliates import Affiliate
from storage.api_keys import ApiKey
from storage.db import Database
from tests.builders import RITA, join
from tests.dashboard.desk import make_settings

Caller = TestClient[web.Request, web.Application]
OWNER = Actor("affiliate", "", "dashboard")


@pytest.fixture
async def caller(db: Database) -> AsyncIterator[Caller]:
    """Somebody who asks for stats, of which this answers whose they are."""

    async def whose(request: web.Request) -> web.Response:
        return web.json_response({"of": (await affiliate_of(request, Scope.STATS)).promo_code})

    app = web.Application(middlewares=[answer_problems])
    app[CONTEXT] = DashboardContext(db, make_settings(), None)
    app.router.add_get("/stats", whose)
    async with TestClient(TestServer(app)) as client:
        yield client


async def make(db: Database, who: Affiliate, *scopes: str) -> tuple[ApiKey, str]:
    """Make a key, for stats if nothing else is named."""
    async with db.transaction() as session:
        wanted = scopes or (Scope.STATS,)
        return await api_keys.make(session, who.id, "Sheet", wanted, OWNER)


async def ask(caller: Caller, text: str | None) -> tuple[int, Any, str]:
    """What is answered to this key: status, body, and the challenge."""
    headers = {} if text is None else {"Authorization": f"Bearer {text}"}
    answer = await caller.get("/stats", headers=headers)
    kind = "application/json" if answer.ok else "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = await answer.json(content_type=kind)
    return answer.status, body, answer.headers.get("WWW-Authenticate", "")


async def test_a_key_reads_what_is_its_owners(db: Database, caller: Caller) -> None:
    """And its use is noted for them to see."""
    jared = await join(db)
    key, text = await make(db, jared)
    assert await ask(caller, text) == (200, {"of": "JARED30"}, "")
    async with db.read() as session:
        used = await rows.get(session, jared.id, key.id)
    assert used is not None
    assert used.last_used_at is not None


@pytest.mark.parametrize("text", [None, "", "x", "ad_live_x", "ad_live_" + "x" * 43])
async def test_nobody_gets_in_without_a_key(db: Database, caller: Caller, text: str | None) -> None:
    """And is told where to make one."""
    await make(db, await join(db))
    status, body, challenge = await ask(caller, text)
    assert status == 401
    assert "/affiliate/dashboard/api-keys" in body["detail"]
    assert challenge.startswith('Bearer realm="affiliate-desk"')
    assert ("invalid_token" in challenge) == bool(text)


async def test_a_key_reads_no_more_than_its_scopes(db: Database, caller: Caller) -> None:
    """The answer names the scope that it takes."""
    _, text = await make(db, await join(db), Scope.EARNINGS, Scope.REFERRALS)
    status, body, challenge = await ask(caller, text)
    assert (status, "stats:read" in body["detail"]) == (403, True)
    assert 'error="insufficient_scope", scope="stats:read"' in challenge


async def test_keys_follow_their_owner(db: Database, caller: Caller) -> None:
    """Paused: refused; restored: as before; terminated: for good. Each is told why."""
    jared = await join(db)
    _, text = await make(db, jared)
    for status, answered, said in (
        (Status.PAUSED, 403, "paused"),
        (Status.APPROVED, 200, "JARED30"),
        (Status.TERMINATED, 403, "closed"),
    ):
        async with db.transaction() as session:
            await affiliates.change_status(session, jared.id, status, "For a reason.", RITA)
        found, body, _ = await ask(caller, text)
        assert found == answered
        assert said in str(body)


async def test_a_hundred_requests_an_hour_for_all_keys_together(
    db: Database, caller: Caller
) -> None:
    """Each answer says how many are left; an hour later there are as many again."""
    jared, anna = await join(db), await join(db, "ANNA30", email="anna@example.com")
    (_, first), (_, second) = await make(db, jared), await make(db, jared, Scope.EARNINGS)
    _, of_anna = await make(db, anna)

    async def headers(text: str) -> tuple[int, dict[str, str]]:
        answer = await caller.get("/stats", headers={"Authorization": f"Bearer {text}"})
        told = {
            name: value
            for name, value in answer.headers.items()
            if name.startswith("RateLimit") or name == "Retry-After"
        }
        return answer.status, told

    begin = clock.now()
    with clock.travel(begin):
        status, told = await headers(first)
        assert (status, told) == (
            200,
            {
                "RateLimit-Policy": '"affiliate";q=100;w=3600',
                "RateLimit": '"affiliate";r=99;t=3600',
                "RateLimit-Limit": "100",
                "RateLimit-Remaining": "99",
                "RateLimit-Reset": "3600",
            },
        )
        assert (await headers("ad_live_" + "x" * 43))[1] == {}
    with clock.travel(begin + timedelta(minutes=10)):
        status, told = await headers(second)  # which may not read this, and is counted all the same
        assert (status, told["RateLimit"]) == (403, '"affiliate";r=98;t=3000')
        statuses = [(await headers(first))[0] for _ in range(98)]
        assert set(statuses) == {200}
        for text in (first, second):
            status, told = await headers(text)
            assert (status, told["Retry-After"], told["RateLimit"]) == (
                429,
                "3000",
                '"affiliate";r=0;t=3000',
            )
        assert (await ask(caller, first))[1]["reason"] == "quota_exceeded"
        assert (await headers(of_anna))[1]["RateLimit-Remaining"] == "99"
    with clock.travel(begin + timedelta(hours=1, seconds=1)):
        assert [(await headers(first))[0] for _ in range(2)] == [200, 429]
    with clock.travel(begin + timedelta(hours=1, minutes=10, seconds=1)):
        assert (await headers(first))[1]["RateLimit-Remaining"] == "98"


async def test_keys_in_flight(db: Database, caller: Caller) -> None:
    """While a program asks without a pause, its key is rotated, replaced and revoked.

    A program that takes the new key before the old one ends never misses; nothing is ever
    answered but yes, or no with the reason.
    """
    jared = await join(db)
    key, old = await make(db, jared)
    answers: dict[str, list[int]] = {}
    done = False

    async def keep_asking(text: str) -> None:
        while not done:
            status, _, _ = await ask(caller, text)
            answers.setdefault(text, []).append(status)
            await asyncio.sleep(0.02)  # there are a hundred an hour

    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(keep_asking(old))
        await asyncio.sleep(0.1)
        async with db.transaction() as session:
            after, new = await api_keys.rotate(session, jared.id, key.id, "24", OWNER)
        tasks.create_task(keep_asking(new))
        await asyncio.sleep(0.1)
        async with db.transaction() as session:
            await api_keys.revoke(session, jared.id, key.id, OWNER)
        ended = len(answers[old])
        await asyncio.sleep(0.1)
        done = True
    assert set(answers[new]) == {200}
    assert set(answers[old][:ended]) == {200}
    # Requests that were on their way when the key was revoked may still be answered: three at most.
    assert set(answers[old][ended + 3 :]) == {401}
    async with db.transaction() as session:
        await api_keys.revoke(session, jared.id, after.id, OWNER)
    assert (await ask(caller, new))[0] == 401
