from dataclasses import replace
from datetime import UTC, datetime, timedelta

import clock
from tests.builders import BUYER, facts, settle
from tests.dashboard.api.v1.conftest import Reader

FIRST = datetime(2026, 10, 30, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 4, 23, 30, tzinfo=UTC)


async def sell(reader: Reader, at: datetime, currency: str = "usd") -> None:
    """A customer's first payment, heard of at a moment."""
    name = f"{at:%d%H}{currency}"
    customer = replace(BUYER, id=f"cus_{name}", email=f"{name}@example.net")
    with clock.travel(at):
        await settle(
            reader.db, facts(invoice_id=f"in_{name}", customer=customer, currency=currency)
        )


def usd(amount: int) -> dict[str, object]:
    """What own sales brought."""
    return {
        "currency": "usd",
        "amount": amount,
        "commissions": amount,
        "recruits": 0,
        "bonuses": 0,
        "other": 0,
    }


async def test_earnings_are_told_by_day(reader: Reader) -> None:
    """The last day first, also those without any; from the first that brought something on."""
    await sell(reader, FIRST)
    await sell(reader, NOW - timedelta(hours=2))
    await sell(reader, NOW - timedelta(hours=1), "eur")
    with clock.travel(NOW):
        told = await reader.get("earnings")
    assert (told["group"], told["next_cursor"], len(told["data"])) == ("day", None, 6)
    assert told["data"][0] == {
        "from": "2026-11-04T00:00:00Z",
        "to": "2026-11-05T00:00:00Z",
        "amounts": [usd(557) | {"currency": "eur"}, usd(557)],
    }
    assert told["data"][1]["amounts"] == []
    assert told["data"][-1]["from"] == "2026-10-30T00:00:00Z"
    assert told["data"][-1]["amounts"] == [usd(557)]


async def test_earnings_are_told_by_week_and_month(reader: Reader) -> None:
    """Whole ones of the calendar; the first and the last as far as they are asked for."""
    await sell(reader, FIRST)
    await sell(reader, NOW)
    with clock.travel(NOW):
        months = await reader.get("earnings", group="month")
        weeks = await reader.get("earnings", group="week", since="2026-10-01", until="2026-12-01")

    def spans(told: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
        return [(one["from"][5:10], one["to"][5:10]) for one in told["data"]]

    assert spans(months) == [("11-01", "11-05"), ("10-30", "11-01")]
    assert [one["amounts"] for one in months["data"]] == [[usd(557)]] * 2
    assert spans(weeks)[:2] == [("11-30", "12-01"), ("11-23", "11-30")]
    assert spans(weeks)[-2:] == [("10-05", "10-12"), ("10-01", "10-05")]
    earned = {one["from"][:10] for one in weeks["data"] if one["amounts"]}
    assert earned == {"2026-10-26", "2026-11-02"}


async def test_pages_of_periods_follow_each_other(reader: Reader) -> None:
    """No period is cut in two by the end of a page."""
    await sell(reader, FIRST)
    found, query = [], {"group": "week", "limit": "3", "since": "2026-08-05", "until": "2026-11-05"}
    while True:
        told = await reader.get("earnings", **query)
        found += told["data"]
        if told["next_cursor"] is None:
            break
        query["cursor"] = told["next_cursor"]
    assert len(found) == 14
    assert [one["to"] for one in found[1:]] == [one["from"] for one in found[:-1]]
    assert sum(one["amounts"] == [usd(557)] for one in found) == 1


async def test_days_are_whole(reader: Reader) -> None:
    """A moment within one asks for all of it, and the answer says so."""
    await sell(reader, FIRST)
    told = await reader.get("earnings", since="2026-10-30T09:00:00Z", until="2026-10-30T10:00:00Z")
    (day,) = told["data"]
    assert (day["from"], day["to"]) == ("2026-10-30T00:00:00Z", "2026-10-31T00:00:00Z")
    assert day["amounts"] == [usd(557)]


async def test_all_of_the_calendar_may_be_asked_for(reader: Reader) -> None:
    """A page at a time; who earned nothing sees today."""
    ever = {"since": "0001-01-01", "until": "9999-12-31T23:59:59Z"}
    for group, last in (("day", "9999-12-30"), ("week", "9999-12-27"), ("month", "9999-12-01")):
        told = await reader.get("earnings", group=group, limit="2", **ever)
        assert [one["amounts"] for one in told["data"]] == [[], []]
        assert told["data"][0]["from"].startswith(last)
    first = await reader.get("earnings", group="week", cursor="0001-01-03", **ever)
    assert [(one["from"], one["to"]) for one in first["data"]] == [
        ("0001-01-01T00:00:00Z", "0001-01-03T00:00:00Z")
    ]
    with clock.travel(NOW):
        told = await reader.get("earnings")
    assert [one["from"] for one in told["data"]] == ["2026-11-04T00:00:00Z"]


async def test_a_slip_is_named(reader: Reader) -> None:
    """With what there is instead."""
    assert await reader.refused("earnings", group="year") == {
        "group": "Use one of day, week, month."
    }
    for cursor in ("A" * 32, "20261101", "2026-W45-1", "2026-02-30"):
        assert set(await reader.refused("earnings", cursor=cursor)) == {"cursor"}
