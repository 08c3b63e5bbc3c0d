import pytest

from domain import program
from tests.dashboard.api.conftest import TOKEN, Api


async def test_an_unknown_address_is_a_problem(api: Api) -> None:
    """Also what no handler answers is problem+json."""
    status, told = await api.get("/nothing")
    assert (status, told["title"], told["status"]) == (404, "Not Found", 404)


async def test_a_method_that_is_not_offered_names_those_that_are(api: Api) -> None:
    """As RFC 9110 wants of a 405."""
    answer = await api.bare.delete(
        "/api/admin/program", headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert answer.status == 405
    assert set(answer.headers["Allow"].split(",")) == {"GET", "HEAD", "PATCH"}
    assert answer.content_type == "application/problem+json"


async def test_a_failure_tells_nothing_of_the_inside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody foresaw is 500, with a number to look up and no secret."""

    async def fail(*_given: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(program, "load", fail)
    status, told = await api.get("/program")
    assert status == 500
    assert "hunter2" not in str(told)
    assert "log" in told["detail"]
