"""The mails of the first weeks, as programs keep them."""

import asyncio
from typing import Any

import pytest

from domain.drips import STEPS
from tests.builders import mails_asked_for
from tests.dashboard.api.conftest import Api
from tests.dashboard.api.operator_tokens import make_token


async def test_a_mail_is_changed_switched_off_and_reset(api: Api) -> None:
    """What is not named stays; the ready-made text comes back."""
    _, listed = await api.get("/onboarding-mails")
    assert [each["name"] for each in listed["data"]] == [each.name for each in STEPS]
    path = "/onboarding-mails/share"
    _, before = await api.get(path)
    assert (before["is_on"], before["is_own"], before["version"]) == (True, False, 0)
    status, told = await api.patch(path, {"subject": "Go and share"})
    assert (status, told["subject"], told["is_own"]) == (200, "Go and share", True)
    assert told["body"] == before["body"]
    _, told = await api.patch(path, {"is_on": False})
    assert (told["is_on"], told["subject"]) == (False, "Go and share")
    # Once more is no news, and no error.
    assert (await api.patch(path, {"is_on": False}))[1] == told
    _, told = await api.post(f"{path}/reset")
    assert (told["subject"], told["is_own"], told["is_on"]) == (before["subject"], False, False)
    assert (await api.post(f"{path}/reset"))[0] == 409


async def test_nothing_is_saved_over_what_somebody_else_saved(api: Api) -> None:
    """Of several who saw the same version one is first, whatever they change."""
    path = "/onboarding-mails/share"
    changes: list[dict[str, Any]] = [{"subject": "One"}, {"subject": "Two"}, {"is_on": False}]
    answers = await asyncio.gather(*(api.patch(path, each | {"version": 0}) for each in changes))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert (await api.get(path))[1]["version"] == 1


@pytest.mark.parametrize(
    ("given", "field"), [({"subject": " "}, "subject"), ({"body": "{nobody}"}, "body")]
)
async def test_what_cannot_be_mailed_is_refused_by_field(
    api: Api, given: dict[str, Any], field: str
) -> None:
    """In a sentence, and nothing is changed."""
    status, told = await api.patch("/onboarding-mails/share", given)
    assert (status, list(told["fields"])) == (422, [field])
    assert (await api.get("/onboarding-mails/share"))[1]["version"] == 0


async def test_a_test_mail_goes_to_whom_it_is_for(api: Api) -> None:
    """Once for a key."""
    path = "/onboarding-mails/share/test"
    assert (await api.post(path, {"to": "nowhere"}))[0] == 422
    answers = [await api.once("k1").post(path, {"to": "rita@example.com"}) for _ in range(2)]
    assert answers == [(200, {"to": "rita@example.com"})] * 2
    assert [to for _, to in await mails_asked_for(api.db)] == ["rita@example.com"]


async def test_mails_are_for_who_may(api: Api) -> None:
    """By scope; a name that is none is not found."""
    reader = api.by((await make_token(api.db, "program:read"))[1])
    assert (await reader.get("/onboarding-mails/share"))[0] == 200
    assert (await reader.patch("/onboarding-mails/share", {"is_on": False}))[0] == 403
    for name in ("welcome", "x", "%00"):
        path = f"/onboarding-mails/{name}"
        assert (await api.get(path))[0] == 404
        assert (await api.patch(path, {"is_on": False}))[0] == 404
        assert (await api.post(f"{path}/reset"))[0] == 404
        assert (await api.post(f"{path}/test", {"to": "rita@example.com"}))[0] == 404
