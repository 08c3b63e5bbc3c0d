"""Who gets into the operators' API, and how far."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

import clock
from dashboard.api.access import OPERATOR
from dashboard.api.contract import operation_of
from dashboard.api.webhook_endpoints import SecretView
from domain import operator_tokens, payouts
from domain.errors import ConflictError
from storage import audit
from storage import operator_tokens as rows
from storage.db import Database
from tests.builders import RITA, SAM, apply
from tests.dashboard.api.conftest import TOKEN, Api, calling
from tests.dashboard.api.operator_tokens import ROOT, make_token
from tests.payout_builders import ask, rich


@pytest.fixture
async def bound_api(sqlite: Database) -> AsyncIterator[Api]:
    """The API of a desk that names its reviewers and its finance."""
    people = {"slack_reviewers": frozenset({RITA.id}), "slack_finance": frozenset({SAM.id})}
    async for made in calling(sqlite, TOKEN, **people):
        yield made


async def test_a_token_does_what_its_scopes_say(api: Api) -> None:
    """Reading is not writing, and one thing is not another; the answer says which it takes."""
    _, reads = await make_token(api.db, "applications:read")
    _, writes = await make_token(api.db, "applications:write")
    _, other = await make_token(api.db, "codes:write")
    application = await apply(api.db)
    path = f"/applications/{application.id}"
    for token, expected in ((reads, 200), (writes, 200), (other, 403), (TOKEN, 200)):
        assert (await api.by(token).get(path))[0] == expected
    for token in (reads, other):
        answer = await api.bare.post(
            f"/api/admin{path}/reject",
            json={"reason": "No."},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status == 403
        assert 'scope="applications:write"' in answer.headers["WWW-Authenticate"]
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
    status, _ = await api.by(writes).post(f"{path}/reject", {"reason": "No."})
    assert status == 200


async def test_who_acted_stands_in_the_log_with_the_tokens_name(api: Api) -> None:
    """And on what others see of the decision."""
    _, token = await make_token(api.db, "applications:write", name="CRM sync")
    application = await apply(api.db)
    path = f"/applications/{application.id}/reject"
    _, told = await api.by(token).post(path, {"reason": "No."})
    assert told["decided_by"] == "@rita by token CRM sync"
    async with api.db.read() as session:
        line = (await audit.of_subject(session, f"application:{application.id}"))[-1]
    assert (line.actor, line.origin) == ("U-RITA (@rita by token CRM sync)", "api")


async def test_a_revoked_token_is_refused_at_once(api: Api) -> None:
    """In flight or not: the very next call."""
    token, text = await make_token(api.db, "*")
    assert (await api.by(text).get("/applications"))[0] == 200
    async with api.db.transaction() as session:
        await operator_tokens.revoke(session, token.id, ROOT)
    status, told = await api.by(text).get("/applications")
    assert status == 401
    assert "revoked" in told["detail"]


@pytest.mark.parametrize("end", ["", "x"])
async def test_a_made_up_token_is_refused(api: Api, end: str) -> None:
    """With the beginning of a real one, too."""
    token, text = await make_token(api.db, "*")
    for wrong in (f"{token.prefix}{end}", text[:-1] + end, "adop_" + "a" * 43, "adop_\udcff"):
        headers = {"Authorization": f"Bearer {wrong}"}
        assert (await api.bare.get("/api/admin/applications", headers=headers)).status == 401


async def test_tokens_open_the_api_without_an_admin_token(closed_api: Api) -> None:
    """Whoever has none is told that there is nothing, and whoever has one gets in."""
    _, text = await make_token(closed_api.db, "applications:read")
    assert (await closed_api.by(text).get("/applications"))[0] == 200
    assert (await closed_api.get("/applications"))[0] == 404


async def test_a_program_may_no_more_than_its_operator(bound_api: Api) -> None:
    """Who is taken off the list of reviewers is out, without any token being revoked."""
    _, of_reviewer = await make_token(bound_api.db, "*", operator=RITA)
    _, of_stranger = await make_token(bound_api.db, "*", operator=SAM)
    assert (await bound_api.by(of_reviewer).get("/applications"))[0] == 200
    status, told = await bound_api.by(of_stranger).get("/applications")
    assert status == 403
    assert "SLACK_REVIEWERS" in told["detail"]
    assert (await bound_api.get("/applications"))[0] == 200


async def test_the_last_use_is_known_to_the_minute(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many calls, one write."""
    token, text = await make_token(api.db, "applications:read")
    start = clock.now()
    for seconds, expected in ((0, 0), (30, 0), (90, 90)):
        now = start + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        assert (await api.by(text).get("/applications"))[0] == 200
        async with api.db.read() as session:
            found = await rows.get(session, token.id)
        assert found is not None
        assert found.last_used_at == start + timedelta(seconds=expected)


@pytest.mark.parametrize(
    ("path", "scope"), [("milestones", "milestones:read"), ("leaderboard", "affiliates:read")]
)
async def test_programs_read_what_affiliates_see_as_the_admin_does(
    api: Api, path: str, scope: str
) -> None:
    """By the scope for it, at the addresses that affiliates use with their sessions."""
    _, may = await make_token(api.db, scope)
    _, may_not = await make_token(api.db, "codes:write")
    for token, expected in ((may, 200), (TOKEN, 200), (may_not, 403), ("adop_x", 401), ("x", 401)):
        headers = {"Authorization": f"Bearer {token}"}
        assert (await api.bare.get(f"/api/affiliate/{path}", headers=headers)).status == expected


async def test_a_person_and_their_program_are_one(db: Database) -> None:
    """Where two have to approve, the second approval by the same person's token does not count."""
    payout = await ask(db, await rich(db, 100_001, method="bank", to="DE1"))
    token, _ = await make_token(db, "payouts:write", operator=RITA)
    async with db.transaction() as session:
        assert (await payouts.approve(session, payout.id, RITA)).status == "requested"
    for again in (RITA, operator_tokens.actor_of(token)):
        async with db.transaction() as session:
            with pytest.raises(ConflictError, match="somebody else has to"):
                await payouts.approve(session, payout.id, again)
    other, _ = await make_token(db, "payouts:write", operator=SAM)
    async with db.transaction() as session:
        after = await payouts.approve(session, payout.id, operator_tokens.actor_of(other))
    assert (after.status, after.decided_by) == ("approved", "@rita and @sam by token CRM")


async def test_every_operation_has_its_scope_and_every_write_takes_a_key(api: Api) -> None:
    """What reads asks for `read`, what writes for `write`; nothing is left to the admin alone."""
    assert api.bare.app is not None
    found = 0
    for route in api.bare.app.router.routes():
        where = f"{route.method} {route.resource.canonical if route.resource else ''}"
        if not where.partition(" ")[2].startswith("/api/admin/"):
            continue
        declared = operation_of(route.handler)
        assert declared is not None, where
        reads = route.method in {"GET", "HEAD"}
        deeds = [scope.partition(":")[2] for scope in declared.who.scopes]
        assert deeds == ["write"] or (reads and deeds == ["read"]), where
        assert declared.key == ("none" if reads else "optional"), where
        found += 1
    assert found > 30


def named_in(shape: Any) -> set[str]:
    """Every name of a field in a schema, however deep."""
    if isinstance(shape, list):
        return {name for each in shape for name in named_in(each)}
    if not isinstance(shape, dict):
        return set()
    return set(shape.get("properties", ())) | named_in(list(shape.values()))


async def test_no_write_answers_with_a_secret(api: Api) -> None:
    """Answers to writes are kept for repeats, in the clear: a secret is read by itself."""
    assert api.bare.app is not None
    looked_at, secret = 0, {"secret", "token", "password", "key", "api_key"}
    for route in api.bare.app.router.routes():
        declared = operation_of(route.handler)
        if declared is None or declared.key == "none":
            continue
        for kind in declared.answers.values():
            names = named_in(TypeAdapter(kind).json_schema(mode="serialization"))
            assert names, declared.summary
            assert names & secret == set(), declared.summary
            looked_at += 1
    assert looked_at > 40
    assert named_in(TypeAdapter(SecretView).json_schema()) & secret


async def test_all_other_scopes_together_open_no_operation(closed_api: Api) -> None:
    """Each is really asked, without a body: who lacks its scope is told so before anything else."""
    app = closed_api.bare.app
    assert app is not None
    texts: dict[str, str] = {}
    found = 0
    for route in app.router.routes():
        path = route.resource.canonical if route.resource else ""
        declared = operation_of(route.handler)
        if declared is None or OPERATOR not in declared.who.proofs:
            continue
        (scope,) = declared.who.scopes
        noun = scope.partition(":")[0]
        # Whoever may write may read: so only of what reads all of the noun is taken away.
        lacks = {scope} if scope.endswith(":write") else {scope, f"{noun}:write"}
        if scope not in texts:
            others = [each for each in operator_tokens.scopes()[:-1] if each not in lacks]
            _, texts[scope] = await make_token(closed_api.db, *others)
        where = path.replace("{id}", "0198c0de-1234-7abc-8def-123456789012")
        where = re.sub(r"\{\w+\}", "x", where)
        headers = {"Authorization": f"Bearer {texts[scope]}"}
        answer = await closed_api.bare.request(route.method, where, headers=headers)
        assert answer.status == 403, f"{route.method} {path} took a token without {scope}"
        assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"], path
        found += 1
    assert found > 60
