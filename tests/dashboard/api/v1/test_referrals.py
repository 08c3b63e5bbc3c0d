from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

import clock
from storage.ids import new_id
from storage.referrals import Referral
from tests.builders import BUYER, PAID, facts, join, settle
from tests.dashboard.api.v1.conftest import PUBLIC, Reader

NOW = datetime(2026, 11, 10, 8, tzinfo=UTC)


async def keep(reader: Reader, **given: Any) -> Referral:
    """A referral of theirs."""
    row = Referral(**({"affiliate_user_id": reader.affiliate.id} | given))
    async with reader.db.transaction() as session:
        session.add(row)
    return row


async def test_a_customer_is_told_without_saying_who(reader: Reader) -> None:
    """Neither address, nor id at the provider or the product, nor where they live."""
    with clock.travel(NOW):
        await settle(reader.db, facts(customer=replace(BUYER, id="cus_Secret1234")))
    async with reader.db.transaction() as session:
        row = (await session.exec(select(Referral))).one()
        row.user_id, row.email_key, row.country = "user_Secret", "secret@example.net", "DE"
        session.add(row)
    answer = await reader.ask("referrals")
    text = await answer.text()
    assert "ecret" not in text
    assert "DE" not in text
    (told,) = (await answer.json())["data"]
    assert told | {"id": ""} == {
        "id": "",
        "customer": "Customer …1234",
        "status": "active",
        "plan": "monthly",
        "converted": True,
        "attributed_by": "promo_code",
        "source_tag": "",
        "landing_page": "",
        "signed_up_at": None,
        "converted_at": "2026-11-01T12:00:00Z",
        "canceled_at": None,
        "created_at": "2026-11-01T12:00:00Z",
    }


async def test_only_ones_own_link_is_told(reader: Reader) -> None:
    """By which of somebody else's links a customer came is that one's own."""
    amy = await join(reader.db, "AMY30", email="amy@example.com")
    came = {"source_tag": "news", "landing_page": "/pricing", "signed_up_at": NOW}
    await keep(reader, created_at=NOW, signup_affiliate_id=reader.affiliate.id, **came)
    await keep(
        reader, created_at=NOW + timedelta(1), signup_affiliate_id=amy.id, user_id="2", **came
    )
    await keep(reader, affiliate_user_id=amy.id, user_id="3")
    told = (await reader.get("referrals"))["data"]
    assert [(one["source_tag"], one["landing_page"]) for one in told] == [
        ("", ""),
        ("news", "/pricing"),
    ]
    assert [one["customer"] for one in told] == [None, None]
    assert told[1]["signed_up_at"] == "2026-11-10T08:00:00Z"


async def test_pages_follow_each_other_without_gap_or_repeat(reader: Reader) -> None:
    """By the cursor or the link above, also where many were made at one moment and more come."""
    names = []
    for number in range(25):
        row = await keep(
            reader, user_id=f"u{number}", created_at=NOW + timedelta(days=number // 10)
        )
        names.append((row.created_at, str(row.id)))
    expected = [name for _, name in sorted(names, reverse=True)]
    found: list[str] = []
    answer = await reader.ask("referrals", limit="7", since="2026-11-01")
    assert answer.headers["Link"].count("rel=") == 1
    while True:
        told = await answer.json()
        found += [one["id"] for one in told["data"]]
        links = answer.links
        assert ("next" in links) == (told["next_cursor"] is not None)
        if "next" not in links:
            break
        assert answer.headers["Link"].startswith(f"<{PUBLIC}/api/affiliate/v1/referrals?")
        assert str(told["next_cursor"]) in str(links["next"]["url"])
        await keep(reader, user_id=f"new{len(found)}", created_at=NOW + timedelta(days=9))
        answer = await reader.send(links["next"]["url"].path_qs)  # type: ignore[union-attr]
    assert found == expected
    first = await reader.send(links["first"]["url"].path_qs)  # type: ignore[union-attr]
    assert len((await first.json())["data"]) == 7


async def test_a_limit_is_kept(reader: Reader) -> None:
    """50 unless told otherwise, and 100 at most; a list without an end has no cursor."""
    for number in range(101):
        await keep(reader, user_id=f"u{number}", created_at=NOW)
    assert len((await reader.get("referrals"))["data"]) == 50
    assert len((await reader.get("referrals", limit="100"))["data"]) == 100
    assert len((await reader.get("referrals", cursor=""))["data"]) == 50


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "many"),
        ("cursor", "0198c0de-1234-7abc-8def-123456789012"),
        ("cursor", "é" * 32),
        ("from", "yesterday"),
        ("from", "2026-11-05T12:00:00"),
        ("from", "2026-13-01"),
        ("from", "1762344000"),
        ("from", "20261105T120000Z"),
        ("to", "0001-01-01T00:00:00+14:00"),
        ("to", "2026-11-05T12:00:61Z"),
        ("form", "2026-11-05"),
    ],
)
async def test_a_slip_is_named(reader: Reader, name: str, value: str) -> None:
    """422 with a sentence for the parameter, and nothing is shown instead."""
    answer = await reader.send("referrals", {name: value})
    assert answer.status == 422
    assert set((await answer.json(content_type=None))["fields"]) == {name}


async def test_what_ends_before_it_begins_is_refused(reader: Reader) -> None:
    """Nothing would come, and nobody would know why."""
    assert await reader.refused("referrals", since="2026-11-05", until="2026-11-04") == {
        "to": "It ends before it begins."
    }
    assert (await reader.get("referrals", since="2026-11-05", until="2026-11-05"))["data"] == []


async def test_any_cursor_of_the_right_form_only_leads_into_ones_own_list(reader: Reader) -> None:
    """Made up, or of somebody else: there is nothing in it that could be told."""
    await keep(reader, created_at=NOW)
    for cursor, count in (("A" * 32, 0), ("_" * 32, 1)):
        assert len((await reader.get("referrals", cursor=cursor))["data"]) == count
    for _ in range(5):
        await reader.get("referrals", cursor=new_id().hex)
    assert PAID < NOW
