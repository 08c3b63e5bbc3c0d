"""Alerts about codes that may have leaked, and refused codes, as programs deal with them."""

import asyncio

import pytest

from domain import effects
from storage.ids import new_id
from tests.builders import effects_asked_for
from tests.code_builders import code_now, some_code
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.operator_tokens import make_token
from tests.leak_builders import alert


async def asked(api: Api) -> int:
    """How often the payment provider is to be brought to a code."""
    return [each.kind for each in await effects_asked_for(api.db)].count(effects.PROMOTION_CODE)


async def test_a_leaked_code_is_paused_once(api: Api) -> None:
    """The alert shows what it was raised on; of several decisions the first counts."""
    code, leak = await alert(api.db)
    _, listed = await api.get("/code-leaks", status="open")
    assert [(each["id"], each["code"]) for each in listed["data"]] == [(str(leak.id), code.code)]
    path = f"/code-leaks/{leak.id}"
    _, told = await api.get(path)
    assert (told["uses"], told["jumped"], told["decision"]) == (12, True, "")
    assert told["days"][-1]["uses"] == 12
    answers = await asyncio.gather(
        api.post(f"{path}/pause"), api.post(f"{path}/dismiss"), api.post(f"{path}/pause")
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert (await api.get("/code-leaks", status="open"))[1]["data"] == []
    assert (await api.get("/code-leaks"))[1]["data"][0]["decided_by"] == "api"


@pytest.mark.parametrize(("deed", "after"), [("pause", "paused"), ("dismiss", "active")])
async def test_the_decision_is_carried_out(api: Api, deed: str, after: str) -> None:
    """And the same key does it once."""
    code, leak = await alert(api.db)
    answers = [await api.once("k1").post(f"/code-leaks/{leak.id}/{deed}") for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][1]["code_status"]) == (200, after)
    assert (await code_now(api.db, code)).status == after


async def test_alerts_come_in_pages(api: Api) -> None:
    """With nothing left on the last one; what is not there is not found."""
    _, leak = await alert(api.db)
    _, told = await api.get("/code-leaks", limit="1")
    assert told["next_cursor"] is None
    assert (await api.get("/code-leaks", cursor=str(leak.id)))[1]["data"] == []
    for name in (new_id(), "x"):
        assert (await api.get(f"/code-leaks/{name}"))[0] == 404
        assert (await api.post(f"/code-leaks/{name}/pause"))[0] == 404


async def test_refused_codes_are_tried_again(api: Api) -> None:
    """One by its word, or all of a batch that were refused, which a list finds."""
    batch = new_id()
    for n, problem in enumerate(("It is taken.", "", "It is taken.")):
        await some_code(api.db, f"NEWS-{n}", batch=batch, stripe_problem=problem)
    await some_code(api.db, "OTHER20", stripe_problem="It is taken.")
    _, listed = await api.get("/discount-codes", batch=str(batch))
    assert sorted(each["code"] for each in listed["data"]) == ["NEWS-0", "NEWS-1", "NEWS-2"]
    assert (await api.get("/discount-codes", batch="x"))[0] == 422
    before = await asked(api)
    answers = [await api.once("k1").post(f"/code-batches/{batch}/retry") for _ in range(2)]
    assert answers == [(200, {"count": 2})] * 2
    assert await asked(api) == before + 2
    status, told = await api.post("/discount-codes/other20/retry")
    assert (status, told["code"]) == (200, "OTHER20")
    assert await asked(api) == before + 3
    assert (await api.post(f"/code-batches/{new_id()}/retry"))[0] == 404
    assert (await api.post("/discount-codes/NOBODY/retry"))[0] == 404


async def test_reading_alerts_is_not_deciding(api: Api) -> None:
    """By the scopes of a token."""
    _, leak = await alert(api.db)
    reader = api.by((await make_token(api.db, "codes:read"))[1])
    assert (await reader.get(f"/code-leaks/{leak.id}"))[0] == 200
    assert (await reader.post(f"/code-leaks/{leak.id}/pause"))[0] == 403
