"""Fraud reviews and cases of violations, decided by operators' programs."""

import asyncio

from domain import fraud_decisions
from domain.audit import Actor
from storage import fraud
from tests.builders import affiliate_now, join, mails_asked_for
from tests.compliance_builders import case_of
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.operator_tokens import make_token
from tests.fraud_builders import flagged


async def test_a_pause_for_fraud_is_read_and_decided(api: Api) -> None:
    """With its reasons; who comes second hears who was first."""
    jared = await join(api.db)
    flag = await flagged(api.db, jared)
    _, listed = await api.get("/fraud-reviews")
    assert [row["id"] for row in listed["data"]] == [str(flag)]
    _, told = await api.get(f"/fraud-reviews/{flag}")
    assert (told["promo_code"], told["affiliate_status"]) == ("JARED30", "paused")
    assert told["reasons"][0]["rule"] == "self_referral"
    path, body = f"/fraud-reviews/{flag}/decision", {"decision": "restored", "reason": "Family."}
    answers = await asyncio.gather(*(api.post(path, body) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert (await affiliate_now(api.db, jared.id)).status == "approved"
    assert (await api.get("/fraud-reviews"))[1]["data"] == []
    _, everything = await api.get("/fraud-reviews", status="all")
    assert everything["data"][0]["decision"] == "restored"


async def test_an_appeal_is_answered_by_a_mail(api: Api) -> None:
    """Once."""
    jared = await join(api.db)
    flag = await flagged(api.db, jared)
    async with api.db.transaction() as session:
        owner = Actor(f"affiliate:{jared.id}", "", "dashboard")
        await fraud_decisions.appeal(session, jared.id, "It was my brother.", owner)
    async with api.db.read() as session:
        (appeal,) = await fraud.appeals_of(session, flag)
    _, told = await api.get(f"/fraud-reviews/{flag}")
    assert told["appeals"][0]["text"] == "It was my brother."
    path = f"/fraud-appeals/{appeal.id}/answer"
    assert (await api.post(path, {"answer": " "}))[0] == 422
    _, told = await api.post(path, {"answer": "Thank you."})
    assert told["appeals"][0]["answered_by"] == "api"
    assert (await api.post(path, {"answer": "Again."}))[0] == 409
    assert "fraud_answered" in [kind for kind, _ in await mails_asked_for(api.db)]
    assert (await api.post(f"/fraud-appeals/{flag}/answer", {"answer": "X"}))[0] == 404


async def test_a_case_is_read_and_decided(api: Api) -> None:
    """Its violations with their evidence; a warning is mailed."""
    jared = await join(api.db)
    case = await case_of(api.db, jared)
    _, told = await api.get(f"/cases/{case}")
    assert told["violations"][0]["evidence"]["facts"] == [["Visitors", "12"]]
    path, body = f"/cases/{case}/decision", {"decision": "warned", "reason": "Please stop."}
    answers = await asyncio.gather(*(api.post(path, body) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert "violation_warned" in [kind for kind, _ in await mails_asked_for(api.db)]
    assert (await api.get("/cases"))[1]["data"] == []
    _, everything = await api.get("/cases", status="all")
    assert everything["data"][0]["decision"] == "warned"
    assert (await api.post(path, body | {"decision": "shot"}))[0] == 422


async def test_what_was_seen_is_put_into_the_open_case(api: Api) -> None:
    """Once for each key; of nobody is refused by its field."""
    await join(api.db)
    seen = {"affiliate": "jared30", "kind": "spam", "note": "Mails to strangers."}
    first = await api.once("k").post("/cases/violations", seen)
    assert first[0] == 201
    assert await api.once("k").post("/cases/violations", seen) == first
    assert len((await api.get(f"/cases/{first[1]['id']}"))[1]["violations"]) == 1
    status, told = await api.post("/cases/violations", seen | {"affiliate": "NOBODY"})
    assert (status, set(told["fields"])) == (422, {"affiliate"})
    assert (await api.post("/cases/violations", seen | {"kind": "x"}))[0] == 422
    assert (await api.post("/cases/violations", seen | {"note": " "}))[0] == 422


async def test_reviews_have_scopes_of_their_own(api: Api) -> None:
    """Who may decide about affiliates may not decide about fraud."""
    jared = await join(api.db)
    flag, case = await flagged(api.db, jared), await case_of(api.db, jared)
    _, token = await make_token(api.db, "affiliates:write", "fraud:read", "cases:read")
    program = api.by(token)
    for path, word in ((f"/fraud-reviews/{flag}", "banned"), (f"/cases/{case}", "dismissed")):
        assert (await program.get(path))[0] == 200
        body = {"decision": word, "reason": "X"}
        assert (await program.post(f"{path}/decision", body))[0] == 403
        assert (await api.post(f"{path}/decision", body))[0] == 200
