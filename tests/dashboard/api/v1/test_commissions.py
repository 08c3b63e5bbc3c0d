from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import clock
from tests.builders import BUYER, PAID, facts, join, later, settle
from tests.dashboard.api.v1.conftest import Reader

HEARD = datetime(2026, 11, 10, 8, tzinfo=UTC)


async def sell(reader: Reader, number: int, **changes: Any) -> None:
    """A customer's first payment, heard of that many hours after HEARD."""
    customer = replace(BUYER, id=f"cus_secret{number:04d}", email=f"{number}@example.net")
    with clock.travel(HEARD + timedelta(hours=number)):
        await settle(reader.db, facts(invoice_id=f"in_{number}", customer=customer, **changes))


async def test_a_commission_has_the_sum_behind_it(reader: Reader) -> None:
    """Amounts in minor units, the customer masked, and all moments in UTC."""
    await sell(reader, 1)
    with clock.travel(PAID + timedelta(days=10)):
        (told,) = (await reader.get("commissions"))["data"]
        (referral,) = (await reader.get("referrals"))["data"]
    assert told | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "referral_id": referral["id"],
        "customer": "Customer …0001",
        "amount": 557,
        "currency": "usd",
        "status": "on_hold",
        "available_at": "2026-12-01T12:00:00Z",
        "attributed_by": "promo_code",
        "cycle": 1,
        "plan": "monthly",
        "paid_at": "2026-11-01T12:00:00Z",
        "arithmetic": {
            "of": "net",
            "parts": [
                {"name": "collected", "amount": 2900},
                {"name": "tax", "amount": 0},
                {"name": "fee", "amount": -114},
                {"name": "refunded", "amount": 0},
                {"name": "disputed", "amount": 0},
            ],
            "base": 2786,
            "rate_bp": 2000,
            "amount": 557,
        },
        "created_at": "",
        "updated_at": "",
    }
    assert told["created_at"] == "2026-11-10T09:00:00Z"


async def test_a_refund_shows_at_its_commission(reader: Reader) -> None:
    """It is taken back, and its place in the list stays."""
    await sell(reader, 1)
    customer = replace(BUYER, id="cus_secret0001", email="1@example.net")
    with clock.travel(HEARD + timedelta(days=3)):
        await settle(reader.db, later(facts(invoice_id="in_1", customer=customer), refunded=2900))
    (told,) = (await reader.get("commissions"))["data"]
    assert (told["amount"], told["status"]) == (0, "taken_back")
    assert told["created_at"] < told["updated_at"] == "2026-11-13T08:00:00Z"


async def test_currencies_stand_beside_each_other(reader: Reader) -> None:
    """Each commission in its own; what earns nothing, from the third payment on, is none."""
    await sell(reader, 1)
    await sell(reader, 2, currency="jpy", collected=3000, fee=108)
    customer = replace(BUYER, id="cus_secret0001", email="1@example.net")
    earlier = {"customer": customer, "codes": (), "earlier": ("in_1",)}
    await settle(
        reader.db,
        facts(2, invoice_id="in_b", **earlier),
        facts(3, invoice_id="in_c", **earlier),
    )
    told = (await reader.get("commissions"))["data"]
    assert [(one["amount"], one["currency"], one["cycle"]) for one in told] == [
        (557, "usd", 2),
        (578, "jpy", 1),
        (557, "usd", 1),
    ]
    assert {one["customer"] for one in told} == {"Customer …0001", "Customer …0002"}


async def test_nobody_elses_are_told(reader: Reader) -> None:
    """Neither as rows, nor by a cursor of theirs."""
    await join(reader.db, "AMY30", email="amy@example.com")
    for number in range(3):
        await sell(reader, number, codes=("AMY30",))
    await sell(reader, 3)
    told = await reader.get("commissions")
    assert [one["customer"] for one in told["data"]] == ["Customer …0003"]
    assert told["next_cursor"] is None


async def test_a_period_takes_what_began_in_it(reader: Reader) -> None:
    """`from` is in it, `to` is not; a day is its midnight; and any zone can be named."""
    for number in range(4):
        await sell(reader, number)

    async def customers(**query: str) -> list[str]:
        told = await reader.get("commissions", **query)
        return [one["customer"][-1] for one in told["data"]]

    assert await customers(since="2026-11-10T09:00:00Z", until="2026-11-10T11:00:00Z") == [
        "2",
        "1",
    ]
    assert await customers(since="2026-11-10T11:00:00+02:00") == ["3", "2", "1"]
    assert await customers(since="2026-11-10", until="2026-11-11") == ["3", "2", "1", "0"]
    assert await customers(since="2026-11-11") == []
    assert await customers(until="2026-11-10T08:00:00.000001Z") == ["0"]
    assert await customers(since="0001-01-01", until="9999-12-31T23:59:59Z") == list("3210")
    assert await customers(since="2026-11-10T10:59:60Z") == ["3"]
