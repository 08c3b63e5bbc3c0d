from typing import Any

import pytest

from dashboard.api.bodies import BODY_MAX
from domain import program
from domain.program import Program
from storage import audit
from tests.dashboard.api.conftest import TOKEN, Api


async def test_every_setting_is_there(api: Api) -> None:
    """One JSON object, with the defaults of a new program."""
    status, told = await api.get("/program")
    assert status == 200
    assert told == Program().model_dump(mode="json")
    assert (told["commission_rate_bp"], told["max_cycles"], told["hold_days"]) == (2000, 2, 30)


async def test_what_is_named_changes_and_the_rest_stays(api: Api) -> None:
    """A second PATCH keeps what the first one set, and a null is a value where one is allowed."""
    await api.patch("/program", {"commission_rate_bp": 2500})
    status, told = await api.patch(
        "/program", {"attribution_order": ["link"], "two_person_payout_cents": None}
    )
    assert status == 200
    assert (told["commission_rate_bp"], told["attribution_order"]) == (2500, ["link"])
    assert told["two_person_payout_cents"] is None
    assert (await api.get("/program"))[1] == told
    async with api.db.read() as session:
        assert (await program.load(session)).model_dump(mode="json") == told


async def test_a_change_is_in_the_audit_log(api: Api) -> None:
    """Who did it from where: the API; what: before and after."""
    await api.patch("/program", {"hold_days": 14})
    async with api.db.read() as session:
        line = (await audit.of_subject(session, "program"))[-1]
    assert (line.actor, line.origin, line.action) == ("api", "api", "program.changed")
    assert line.detail == {"changes": {"hold_days": [30, 14]}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"commission_rate_bp": 10001}, "commission_rate_bp"),
        ({"commission_rate_bp": 20.5}, "commission_rate_bp"),
        ({"commission_base": "profit"}, "commission_base"),
        ({"attribution_order": ["luck"]}, "attribution_order.0"),
        ({"hold_days": None}, "hold_days"),
        ({"comission_rate_bp": 1}, "comission_rate_bp"),
        ({"\ud800": 1}, ""),
    ],
)
async def test_what_cannot_be_used_is_named_and_nothing_changes(
    api: Api, changes: dict[str, Any], field: str
) -> None:
    """422 with the fields; good values beside a bad one do not count either."""
    status, told = await api.patch("/program", {"max_cycles": 3} | changes)
    assert (status, told["status"], told["title"]) == (422, 422, "Unprocessable Entity")
    assert set(told["fields"]) == {field}
    assert (await api.get("/program"))[1]["max_cycles"] == 2


async def test_text_that_no_database_takes_is_mended(api: Api) -> None:
    """A NUL is replaced and not a failure."""
    status, told = await api.patch("/program", {"support_email": "a\x00b"})
    assert (status, told["support_email"]) == (200, "a\ufffdb")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"hold_days": NaN}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b" " * (BODY_MAX + 1), "application/json", 413),
        (b"hold_days=3", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_what_is_no_json_object_is_refused(
    api: Api, body: bytes, kind: str, status: int
) -> None:
    """In words, and without a change."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    answer = await api.bare.patch("/api/admin/program", data=body, headers=headers)
    assert answer.status == status
    assert (await answer.json(content_type="application/problem+json"))["detail"]
