"""The same Idempotency-Key: one deed, one answer, whatever happens in between."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientResponse
from sqlmodel import select

from domain import applications
from storage.audit import AuditLine
from storage.db import Database
from storage.idempotency import KeptAnswer
from tests.builders import SAM, application_now, apply, mails_asked_for
from tests.dashboard.api.conftest import TOKEN, Api
from tests.dashboard.api.operator_tokens import make_token

NO = {"reason": "Not now."}


async def decided(db: Database) -> list[str]:
    """What the log says was done to applications."""
    async with db.read() as session:
        query = select(AuditLine.action).where(AuditLine.origin == "api")
        return list((await session.exec(query)).all())


async def sent(api: Api, path: str, body: Any, key: str, token: str = TOKEN) -> ClientResponse:
    """A POST with a key, as it comes back."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    answer = await api.bare.post(f"/api/admin{path}", json=body, headers=headers)
    await answer.read()
    return answer


async def test_the_same_again_gets_the_same_answer(api: Api) -> None:
    """Though the application is decided by then, which would else be a conflict."""
    application = await apply(api.db)
    path = f"/applications/{application.id}/reject"
    first = await sent(api, path, NO, "k1")
    second = await sent(api, path, NO, "k1")
    assert (first.status, second.status) == (200, 200)
    assert await first.json() == await second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert await decided(api.db) == ["application.rejected"]
    assert (await sent(api, path, NO, "k2")).status == 409
    assert (await api.post(path, NO))[0] == 409


async def test_the_answer_is_that_of_then(api: Api) -> None:
    """Not what is true now: the caller asks what became of its own request."""
    application = await apply(api.db)
    path = f"/applications/{application.id}/reject"
    first = await sent(api, path, NO, "k1")
    async with api.db.transaction() as session:
        await applications.reopen(session, application.id, SAM)
    second = await sent(api, path, NO, "k1")
    assert (await second.json())["status"] == (await first.json())["status"] == "rejected"
    assert (await application_now(api.db, application.id)).status == "pending"


async def test_two_at_the_same_moment_are_one_deed(api: Api) -> None:
    """The second waits for the first, and hears the same; on the busy SQLite writer, too."""
    application = await apply(api.db, requested_code="JARED30")
    path = f"/applications/{application.id}/approve"
    answers = await asyncio.gather(*(sent(api, path, {}, "k1") for _ in range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({await answer.text() for answer in answers}) <= 2
    assert len({(await answer.json())["affiliate_id"] for answer in answers}) == 1
    replayed = [answer for answer in answers if "Idempotent-Replayed" in answer.headers]
    assert len(replayed) == 7
    assert await decided(api.db) == ["application.approved"]
    mails = [kind for kind, _ in await mails_asked_for(api.db)]
    assert mails.count("application_approved") == 1


async def test_two_without_a_key_are_told_who_was_first(api: Api) -> None:
    """One wins; the other gets a conflict, and nothing is done twice."""
    application = await apply(api.db, requested_code="JARED30")
    path = f"/applications/{application.id}/approve"
    answers = await asyncio.gather(*(api.post(path, {}) for _ in range(6)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409, 409]
    assert await decided(api.db) == ["application.approved"]


async def test_a_key_is_for_one_request(api: Api) -> None:
    """Another body, another address: refused, and nothing is done."""
    application, other = await apply(api.db), await apply(api.db, email="mia@example.com")
    path = f"/applications/{application.id}"
    assert (await sent(api, f"{path}/reject", NO, "k1")).status == 200
    for where, body in (
        (f"{path}/reject", {"reason": "Another."}),
        (f"{path}/reopen", None),
        (f"/applications/{other.id}/reject", NO),
    ):
        answer = await sent(api, where, body, "k1")
        assert answer.status == 422
        assert "came with another request" in await answer.text()
    assert await decided(api.db) == ["application.rejected"]


async def test_what_was_refused_may_be_tried_again(api: Api) -> None:
    """Nothing had happened, so the key is still free for a better attempt."""
    application = await apply(api.db)
    path = f"/applications/{application.id}/reject"
    assert (await sent(api, path, {"reason": "  "}, "k1")).status == 422
    assert (await sent(api, path, NO, "k1")).status == 200
    assert (await sent(api, path, NO, "k1")).headers["Idempotent-Replayed"] == "true"


async def test_keys_of_different_tokens_have_nothing_to_do_with_each_other(api: Api) -> None:
    """Nobody reads another program's answers by guessing its keys."""
    application = await apply(api.db)
    _, token = await make_token(api.db, "applications:write")
    path = f"/applications/{application.id}/reject"
    assert (await sent(api, path, NO, "k1")).status == 200
    assert (await sent(api, path, NO, "k1", token)).status == 409


async def test_an_answer_is_kept_with_its_deed_or_not_at_all(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that dies before the commit has neither; the next attempt does it."""
    application = await apply(api.db)
    path = f"/applications/{application.id}/reject"
    view = applications.view

    async def dies(*args: Any) -> None:
        await view(*args)
        raise RuntimeError

    monkeypatch.setattr(applications, "view", dies)
    assert (await sent(api, path, NO, "k1")).status == 500
    monkeypatch.setattr(applications, "view", view)
    assert (await application_now(api.db, application.id)).status == "pending"
    async with api.db.read() as session:
        assert (await session.exec(select(KeptAnswer))).all() == []
    assert (await sent(api, path, NO, "k1")).status == 200


@pytest.mark.parametrize("key", ["", " ", "x" * 256])
async def test_what_cannot_be_a_key_is_refused(api: Api, key: str) -> None:
    """Before anything is done."""
    application = await apply(api.db)
    assert (await sent(api, f"/applications/{application.id}/reject", NO, key)).status == 400
    assert await decided(api.db) == []


CODE = {"code": "LAUNCH20", "discount_type": "percentage", "discount_value": 20}
STONE = {"name": "First", "referral_threshold": 5, "bonus_amount_cents": 5000}
EVERY = (
    ("POST", "/api/admin/discount-codes", CODE),
    ("POST", "/api/admin/discount-codes/batches", CODE | {"prefix": "NEWS", "count": 3}),
    ("PATCH", "/api/admin/discount-codes/OLD20", {"discount_value": 30}),
    ("DELETE", "/api/admin/discount-codes/OLD20", None),
    ("PATCH", "/api/admin/program", {"hold_days": 14}),
    ("POST", "/api/affiliate/milestones", STONE),
)


@pytest.mark.parametrize(("method", "path", "body"), EVERY, ids=lambda one: str(one)[:40])
async def test_every_write_takes_a_key(api: Api, method: str, path: str, body: Any) -> None:
    """At the same moment or later: one deed in the log, one answer."""
    given = dict(body) if body else None
    if given and "prefix" in given:
        del given["code"]
    await api.post("/discount-codes", CODE | {"code": "OLD20"})
    before = len(await decided(api.db))
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": "k1"}

    async def send() -> ClientResponse:
        answer = await api.bare.request(method, path, json=given, headers=headers)
        await answer.read()
        return answer

    answers = [*await asyncio.gather(*(send() for _ in range(4))), await send()]
    assert {answer.status for answer in answers} <= {200, 201}
    assert len({answer.status for answer in answers}) == 1
    told = [await answer.json() for answer in answers]
    assert all(each == told[0] for each in told)
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 4
    assert len({answer.headers.get("Location") for answer in answers}) == 1
    once = len(await decided(api.db)) - before
    assert once == (3 if "batches" in path else 1)
    if given:
        changed = await api.bare.request(method, path, json=given | {"x": 1}, headers=headers)
        assert changed.status == 422
