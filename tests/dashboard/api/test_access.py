import pytest

from tests.dashboard.api.conftest import TOKEN, Api

PATHS = [
    *("/program", "/affiliates", "/affiliates/X", "/affiliates/X/ledger", "/sales/in_1", "/none"),
    *("/discount-codes", "/discount-codes/X", "/discount-codes/X/redemptions"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \udcff"]
)
async def test_nothing_is_said_without_the_token(api: Api, path: str, sent: str) -> None:
    """401 with a challenge, as problem+json, whatever is asked for."""
    headers = {"Authorization": sent} if sent else {}
    answer = await api.bare.get(f"/api/admin{path}", headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.content_type == "application/problem+json"
    told = await answer.json(content_type="application/problem+json")
    assert (told["type"], told["title"], told["status"]) == ("about:blank", "Unauthorized", 401)


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_token_set_there_is_no_admin_api(closed_api: Api, path: str) -> None:
    """404, and nobody gets in by an empty token."""
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        answer = await closed_api.bare.get(f"/api/admin{path}", headers=headers)
        assert answer.status == 404
        told = await answer.json(content_type="application/problem+json")
        assert "ADMIN_API_TOKEN" in told["detail"]


async def test_the_scheme_is_read_in_any_letter_case(api: Api) -> None:
    """RFC 9110 has it so."""
    answer = await api.bare.get("/api/admin/program", headers={"Authorization": f"bearer  {TOKEN}"})
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
