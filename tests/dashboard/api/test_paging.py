import pytest

from tests.builders import join
from tests.dashboard.api.conftest import Api


async def test_every_row_comes_once_however_small_the_pages(api: Api) -> None:
    """The newest first, and rows that come meanwhile shift nothing."""
    joined = [
        (await join(api.db, f"CODE{n}X", email=f"a{n}@example.com")).promo_code for n in range(5)
    ]
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        status, told = await api.get("/affiliates", **query)
        assert status == 200
        seen += [row["promo_code"] for row in told["data"]]
        if told["next_cursor"] is None:
            break
        query["cursor"] = told["next_cursor"]
        await join(api.db, f"LATE{len(seen)}X", email=f"late{len(seen)}@example.com")
    assert seen == joined[::-1]


async def test_a_full_last_page_leads_nowhere(api: Api) -> None:
    """As many rows as fit: no empty page after them."""
    await join(api.db)
    _, told = await api.get("/affiliates", limit="1")
    assert (len(told["data"]), told["next_cursor"]) == (1, None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "1" * 5000}, "limit"),
        ({"cursor": "second"}, "cursor"),
        ({"cursor": "\x00"}, "cursor"),
    ],
)
async def test_what_is_no_page_is_named(api: Api, query: dict[str, str], field: str) -> None:
    """422 and the name of the parameter."""
    status, told = await api.get("/affiliates", **query)
    assert status == 422
    assert set(told["fields"]) == {field}
