"""Payment files, made and marked paid by programs."""

import asyncio

import pytest
from sqlmodel import select

from domain import payout_batches, payouts
from storage import audit
from storage.idempotency import KeptAnswer
from tests.builders import RITA, mails_asked_for
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.operator_tokens import make_token
from tests.payout_builders import payout_by_paypal, payout_now

PAID = {"reference": "PP-7"}


async def test_a_payment_file_goes_all_its_way(api: Api) -> None:
    """Made of what is approved, taken, marked paid at once; then nothing is left in it."""
    made = [await payout_by_paypal(api.db, f"AMY3{n}", 5000 + n) for n in range(3)]
    status, told = await api.post("/payout-batches")
    assert (status, told["left_out"]) == (201, 0)
    (batch,) = told["data"]
    assert (batch["number"], batch["service"], batch["currency"]) == (1, "PayPal", "usd")
    assert (batch["waiting"], batch["waiting_cents"]) == (3, 15003)
    assert (await api.get("/payout-batches"))[1]["data"] == [batch]
    _, file = await api.get("/payout-batches/1/file")
    assert file["name"].endswith("batch-1.csv")
    assert [line.split(",")[:3] for line in file["content"].splitlines()] == [
        [f"amy3{n}@pay.example", f"50.0{n}", "USD"] for n in range(3)
    ]
    assert (await api.post("/payout-batches/1/paid", {"reference": ""}))[0] == 422
    status, told = await api.post("/payout-batches/1/paid", PAID)
    assert (status, told["status"], told["reference"]) == (200, "paid", "PP-7")
    assert (len(told["paid"]), told["paid_cents"], told["waiting"]) == (3, 15003, [])
    assert {(await payout_now(api.db, each.id)).status for each in made} == {"paid"}
    mails = [kind for kind, _ in await mails_asked_for(api.db)]
    assert mails.count("payout_paid") == 3
    assert (await api.get("/payout-batches"))[1]["data"] == []
    assert (await api.get("/payout-batches/1"))[1]["status"] == "paid"
    assert (await api.get("/payout-batches/1/file"))[0] == 409
    async with api.db.read() as session:
        lines = await audit.of_subject(session, "payout_batch:1")
    assert [each.action for each in lines] == [
        "payout_batch.made",
        "payout_batch.taken_again",
        "payout_batch.paid",
    ]


async def test_a_large_file_is_paid_in_parts_and_each_payout_once(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the same is sent several times at once; one answer, and one mail each."""
    monkeypatch.setattr(payout_batches, "PART", 2)
    for n in range(5):
        await payout_by_paypal(api.db, f"AMY3{n}")
    await api.post("/payout-batches")
    once = api.once("k1")
    answers = await asyncio.gather(*(once.post("/payout-batches/1/paid", PAID) for _ in range(3)))
    assert [status for status, _ in answers] == [200] * 3
    assert {len(told["paid"]) for _, told in answers} == {5}
    mails = [kind for kind, _ in await mails_asked_for(api.db)]
    assert mails.count("payout_paid") == 5


async def test_what_broke_off_goes_on_with_the_same_request(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one part the server died: the rest is paid then, under the same reference alone."""
    monkeypatch.setattr(payout_batches, "PART", 2)
    for n in range(3):
        await payout_by_paypal(api.db, f"AMY3{n}")
    await api.post("/payout-batches")
    async with api.db.transaction() as session:
        await payout_batches.mark_paid(session, 1, "PP-7", RITA)
    assert (await api.post("/payout-batches/1/paid", {"reference": "PP-8"}))[0] == 409
    assert (await api.post("/payout-batches/1/release"))[0] == 409
    status, told = await api.once("k1").post("/payout-batches/1/paid", PAID)
    assert (status, told["status"], len(told["paid"])) == (200, "paid", 3)


async def test_a_payout_comes_into_one_file(api: Api) -> None:
    """However often files are asked for; a released one gives back what it held."""
    await payout_by_paypal(api.db, "AMY30")
    answers = await asyncio.gather(*(api.post("/payout-batches") for _ in range(3)))
    assert sorted(len(told["data"]) for _, told in answers) == [0, 0, 1]
    status, told = await api.post("/payout-batches/1/release")
    assert (status, told["status"]) == (200, "released")
    assert (await api.post("/payout-batches/1/paid", PAID))[0] == 409
    _, told = await api.post("/payout-batches")
    assert [each["number"] for each in told["data"]] == [2]


async def test_what_was_settled_alone_is_left_alone(api: Api) -> None:
    """A payout that was rejected since is in no file any more, and not paid with it."""
    first, second = [await payout_by_paypal(api.db, code) for code in ("AMY30", "BEN30")]
    await api.post("/payout-batches")
    async with api.db.transaction() as session:
        await payouts.reject(session, first.id, "Stopped.", RITA)
    _, file = await api.get("/payout-batches/1/file")
    assert file["content"].count("@pay.example") == 1
    _, told = await api.post("/payout-batches/1/paid", PAID)
    assert [each["id"] for each in told["paid"]] == [str(second.id)]
    assert [(each["id"], each["status"]) for each in told["alone"]] == [(str(first.id), "rejected")]


async def test_the_same_key_makes_files_once_and_keeps_no_accounts(api: Api) -> None:
    """The answer that is kept says how many, and nothing of where the money goes."""
    await payout_by_paypal(api.db, "AMY30")
    _, first = await api.once("k1").post("/payout-batches")
    await payout_by_paypal(api.db, "BEN30")
    _, again = await api.once("k1").post("/payout-batches")
    assert again == first
    async with api.db.read() as session:
        (kept,) = (await session.exec(select(KeptAnswer))).all()
    assert "pay.example" not in str(kept.answer)


async def test_files_are_for_tokens_that_may_write(api: Api) -> None:
    """Who reads payouts does not take what is uploaded at a bank."""
    await payout_by_paypal(api.db, "AMY30")
    await api.post("/payout-batches")
    reader = api.by((await make_token(api.db, "payouts:read"))[1])
    assert (await reader.get("/payout-batches/1"))[0] == 200
    assert (await reader.get("/payout-batches/1/file"))[0] == 403


@pytest.mark.parametrize("number", ["9", "0", "x", str(2**63)])
async def test_a_file_that_is_not_there_is_not_found(api: Api, number: str) -> None:
    """By any method."""
    for path in ("", "/file"):
        assert (await api.get(f"/payout-batches/{number}{path}"))[0] == 404
    assert (await api.post(f"/payout-batches/{number}/paid", PAID))[0] == 404
    assert (await api.post(f"/payout-batches/{number}/release"))[0] == 404
