"""Payouts, decided by programs as finance decides on them in Slack."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain import payouts
from storage import audit
from storage.db import Database
from storage.ids import new_id
from storage.payouts import Payout
from tests.builders import RITA, SAM, join, mails_asked_for
from tests.dashboard.api.conftest import TOKEN, Api, calling
from tests.dashboard.api.operator_tokens import make_token
from tests.payout_builders import (
    approve_payout,
    ask,
    balance,
    earn,
    movements,
    payout_now,
    rich,
)


@pytest.fixture
async def bound_api(sqlite: Database) -> AsyncIterator[Api]:
    """The API of a desk that names who reviews and who pays."""
    people = {"slack_reviewers": frozenset({RITA.id}), "slack_finance": frozenset({SAM.id})}
    async for made in calling(sqlite, TOKEN, **people):
        yield made


async def asked(db: Database, code: str, amount: int = 5000) -> Payout:
    """A payout that somebody new asked for."""
    affiliate = await join(db, code, email=f"{code.lower()}@example.com")
    await earn(db, affiliate.id, amount)
    return await ask(db, affiliate)


async def test_payouts_are_listed_by_status_and_by_affiliate(api: Api) -> None:
    """The newest first, page by page; `open` are those that wait for somebody."""
    made = [await asked(api.db, f"AMY3{n}") for n in range(3)]
    await approve_payout(api.db, made[1])
    async with api.db.transaction() as session:
        await payouts.reject(session, made[2].id, "Later, please.", RITA)
    _, first = await api.get("/payouts", limit="2")
    _, second = await api.get("/payouts", limit="2", cursor=first["next_cursor"])
    ids = [each["id"] for each in first["data"] + second["data"]]
    assert ids == [str(each.id) for each in reversed(made)]
    assert second["next_cursor"] is None
    for status, expected in (
        ("open", [made[1], made[0]]),
        ("requested", [made[0]]),
        ("approved", [made[1]]),
        ("rejected", [made[2]]),
        ("paid", []),
    ):
        _, told = await api.get("/payouts", status=status)
        assert [each["id"] for each in told["data"]] == [str(each.id) for each in expected]
    _, told = await api.get("/payouts", affiliate="amy31")
    assert [each["affiliate"]["promo_code"] for each in told["data"]] == ["AMY31"]
    assert told["data"][0]["number"] == made[1].number
    refused, told = await api.get("/payouts", affiliate="NOBODY")
    assert (refused, list(told["fields"])) == (422, ["affiliate"])
    assert (await api.get("/payouts", status="maybe"))[0] == 422


async def test_a_payout_goes_all_its_way(api: Api) -> None:
    """Shown with what one needs, approved, paid; the mail is on its way, and the log names it."""
    affiliate = await rich(api.db, 5000, method="bank", to="IBAN DE1")
    await earn(api.db, affiliate.id, 700, days=30)
    path = f"/payouts/{(payout := await ask(api.db, affiliate)).id}"
    _, told = await api.get(path)
    assert (told["amount_cents"], told["currency"], told["status"]) == (5000, "usd", "requested")
    assert (told["left_cents"], told["pending_cents"]) == (0, 700)
    assert (told["approvals_needed"], told["destination"]) == (1, "IBAN DE1")
    assert (await api.post(f"{path}/paid", {"reference": "B 1"}))[0] == 409
    status, told = await api.post(f"{path}/approve")
    assert (status, told["status"], told["decided_by"]) == (200, "approved", "api")
    assert (await api.post(f"{path}/approve"))[0] == 409
    assert (await api.post(f"{path}/paid", {"reference": " "}))[0] == 422
    _, told = await api.post(f"{path}/paid", {"reference": "B 1"})
    assert (told["status"], told["reference"]) == ("paid", "B 1")
    assert "payout_paid" in [kind for kind, _ in await mails_asked_for(api.db)]
    async with api.db.read() as session:
        lines = await audit.of_subject(session, f"payout:{payout.id}")
    assert [each.action for each in lines] == ["payout.requested", "payout.approved", "payout.paid"]
    assert await balance(api.db, affiliate.id) == 700


async def test_a_rejected_payout_is_back_in_the_balance_once(api: Api) -> None:
    """However often it is said, with a key or without one."""
    affiliate = await rich(api.db, 5000)
    path = f"/payouts/{(await ask(api.db, affiliate)).id}/reject"
    assert (await api.post(path, {"reason": " "}))[0] == 422
    once = api.once("k1")
    answers = await asyncio.gather(*(once.post(path, {"reason": "No."}) for _ in range(4)))
    assert [status for status, _ in answers] == [200] * 4
    assert (await api.post(path, {"reason": "No."}))[0] == 409
    reasons = [reason for reason, _ in await movements(api.db, affiliate.id)]
    assert reasons == ["commission", "payout", "payout_rejected"]
    assert await balance(api.db, affiliate.id) == 5000


async def test_two_people_have_to_approve_whatever_tokens_they_have(api: Api) -> None:
    """Two tokens of one operator, and that operator in Slack, are one person."""
    payout = await ask(api.db, await rich(api.db, 100_001, method="bank", to="DE1"))
    path = f"/payouts/{payout.id}/approve"
    _, crm = await make_token(api.db, "payouts:write", operator=RITA, name="CRM")
    _, books = await make_token(api.db, "payouts:write", operator=RITA, name="Books")
    _, sams = await make_token(api.db, "payouts:write", operator=SAM, name="Sync")
    _, told = await api.by(crm).post(path)
    assert (told["status"], told["approvals_needed"]) == ("requested", 2)
    assert told["approvals"] == [{"id": RITA.id, "name": "@rita by token CRM"}]
    for again in (api.by(crm), api.by(books), api.by(crm).once("k1"), api.by(books).once("k2")):
        status, told = await again.post(path)
        assert (status, "somebody else has to" in told["detail"]) == (409, True)
    assert (await payout_now(api.db, payout.id)).status == "requested"
    _, told = await api.by(sams).post(path)
    assert told["status"] == "approved"
    assert told["decided_by"] == "@rita by token CRM and @sam by token Sync"


async def test_two_tokens_of_one_person_at_the_same_moment_are_one_approval(api: Api) -> None:
    """One is noted, and the other is told so."""
    payout = await ask(api.db, await rich(api.db, 100_001, method="bank", to="DE1"))
    tokens = [
        (await make_token(api.db, "payouts:write", operator=RITA, name=name))[1]
        for name in ("CRM", "Books", "Sync", "Bot")
    ]
    path = f"/payouts/{payout.id}/approve"
    answers = await asyncio.gather(*(api.by(token).post(path) for token in tokens))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
    after = await payout_now(api.db, payout.id)
    assert (after.status, len(after.approvals)) == ("requested", 1)


async def test_payouts_are_for_finance(bound_api: Api) -> None:
    """A reviewer's token with every scope neither sees nor decides on them."""
    payout = await ask(bound_api.db, await rich(bound_api.db))
    _, reviewers = await make_token(bound_api.db, "*", operator=RITA)
    _, finance = await make_token(bound_api.db, "payouts:write", operator=SAM)
    for path in ("/payouts", f"/payouts/{payout.id}", "/payout-batches"):
        status, told = await bound_api.by(reviewers).get(path)
        assert (status, "SLACK_FINANCE" in told["detail"]) == (403, True)
        assert (await bound_api.by(finance).get(path))[0] == 200
    assert (await bound_api.by(reviewers).post(f"/payouts/{payout.id}/approve"))[0] == 403
    assert (await bound_api.by(finance).post(f"/payouts/{payout.id}/approve"))[0] == 200


async def test_an_account_at_stripe_is_connected(api: Api) -> None:
    """For finance alone; the next payout is a transfer, which nobody marks paid by hand."""
    affiliate = await rich(api.db, 5000)
    path = f"/affiliates/{affiliate.promo_code}/stripe-account"
    _, others = await make_token(api.db, "affiliates:write")
    assert (await api.by(others).post(path, {"account": "acct_1234abcd"}))[0] == 403
    assert (await api.post(path, {"account": "IBAN"}))[0] == 422
    status, told = await api.post(path, {"account": "acct_1234abcd"})
    assert (status, told["payout_method"]) == (200, "stripe")
    payout = await ask(api.db, affiliate)
    await api.post(f"/payouts/{payout.id}/approve")
    assert (await api.post(f"/payouts/{payout.id}/paid", {"reference": "x"}))[0] == 409


@pytest.mark.parametrize("name", [str(new_id()), "x"], ids=["unknown", "no id"])
async def test_a_payout_that_is_not_there_is_not_found(api: Api, name: str) -> None:
    """By any method."""
    bodies = {"approve": None, "reject": {"reason": "x"}, "paid": {"reference": "x"}}
    assert (await api.get(f"/payouts/{name}"))[0] == 404
    for deed, body in bodies.items():
        assert (await api.post(f"/payouts/{name}/{deed}", body))[0] == 404
