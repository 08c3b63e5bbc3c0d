from dataclasses import replace
from datetime import timedelta

import pytest

import clock
from domain import affiliates, program
from domain.statuses import Status
from tests.builders import BUYER, PAID, RITA, facts, join, later, settle
from tests.dashboard.api.conftest import Api
from tests.tax_builders import seal, send, send_back, verify


async def test_the_list_can_be_narrowed(api: Api) -> None:
    """By status and by what `/affiliate find` would find."""
    await join(api.db)
    amy = await join(api.db, "AMY30", email="amy@example.com", display_name="Amy 100% Picks")
    async with api.db.transaction() as session:
        await affiliates.change_status(session, amy.id, Status.PAUSED, "A check.", RITA)

    async def codes(**query: str) -> list[str]:
        return [row["promo_code"] for row in (await api.get("/affiliates", **query))[1]["data"]]

    assert await codes() == ["AMY30", "JARED30"]
    assert await codes(status="paused") == ["AMY30"]
    assert await codes(status="active") == ["JARED30"]
    assert await codes(q="100%") == ["AMY30"]
    assert await codes(q="EXAMPLE.com", status="approved") == ["JARED30"]
    assert await codes(q="nobody\x00") == []


async def test_every_affiliate_says_where_their_tax_form_stands(api: Api) -> None:
    """Missing, submitted, verified; missing again once it is sent back."""
    seal(api.db)
    for code in ("AMY30", "BOB30", "CAT30", "DAN30"):
        who = await join(api.db, code, email=f"{code}@example.com")
        if code != "AMY30":
            form = await send(api.db, who.id)
        if code == "CAT30":
            await verify(api.db, form)
        if code == "DAN30":
            await send_back(api.db, form)
    _, told = await api.get("/affiliates")
    assert {row["promo_code"]: row["tax_status"] for row in told["data"]} == {
        "AMY30": "missing",
        "BOB30": "submitted",
        "CAT30": "verified",
        "DAN30": "missing",
    }
    assert (await api.get("/affiliates/CAT30"))[1]["tax_status"] == "verified"


async def test_an_unknown_status_is_named(api: Api) -> None:
    """A slip is no empty list."""
    status, told = await api.get("/affiliates", status="aproved")
    assert (status, set(told["fields"])) == (422, {"status"})


@pytest.mark.parametrize("name", ["id", "aff_JARED30", "JARED30", "jared30"])
async def test_an_affiliate_is_found_by_each_of_their_names(api: Api, name: str) -> None:
    """Id, public id or promo code."""
    affiliate = await join(api.db)
    status, told = await api.get(f"/affiliates/{affiliate.id if name == 'id' else name}")
    assert (status, told["id"]) == (200, str(affiliate.id))


@pytest.mark.parametrize("name", ["NOBODY", "aff_NOBODY", "0" * 32, "%00", "..%2f"])
@pytest.mark.parametrize("part", ["", "/ledger"])
async def test_nobody_is_a_problem(api: Api, name: str, part: str) -> None:
    """404 in words."""
    assert (await api.get(f"/affiliates/{name}{part}"))[0] == 404


async def test_money_is_by_currency_and_by_what_is_free(api: Api) -> None:
    """Available and pending in minor units; currencies are never added; counts beside them."""
    await join(api.db)
    other = replace(BUYER, id="cus_2", email="other@example.net")
    euros = facts(1, invoice_id="in_eur", customer=other, currency="eur", collected=1000, fee=0)
    await settle(api.db, facts(1), facts(2), facts(3), euros)
    with clock.travel(PAID + timedelta(days=31)):
        _, told = await api.get("/affiliates/JARED30")
    assert told["balances"] == [
        {"currency": "eur", "available": 200, "pending": 0},
        {"currency": "usd", "available": 557, "pending": 557},
    ]
    assert told["counts"] == {
        "referrals": 2,
        "active_referrals": 2,
        "recruits": 0,
        "sales": 4,
        "commissions": 3,
    }
    assert (told["rate_bp"], told["rate_bp_in_force"]) == (None, 2000)
    assert told["code"]["code"] == "JARED30"
    assert told["code"]["discount_value"] == 30


async def test_the_ledger_says_every_movement(api: Api) -> None:
    """The newest first, signed, with its cause; times in UTC."""
    await join(api.db)
    one = facts()
    await settle(api.db, one, later(one, refunded=1450))
    status, told = await api.get("/affiliates/JARED30/ledger", limit="1")
    assert status == 200
    assert [(row["amount"], row["reason"]) for row in told["data"]] == [(-290, "clawback")]
    _, told = await api.get("/affiliates/JARED30/ledger", cursor=told["next_cursor"])
    (row,) = told["data"]
    assert (row["amount"], row["currency"], row["reason"]) == (557, "usd", "commission")
    assert row["available_at"] == "2026-12-01T12:00:00Z"
    assert told["next_cursor"] is None


async def test_who_recruited_whom_and_what_it_brings_is_told(api: Api) -> None:
    """At the affiliate, at their recruiter, and at the sale."""
    async with api.db.transaction() as session:
        await program.update(session, {"two_tier_enabled": True}, RITA)
    anna = await join(api.db, "ANNA20", email="anna@example.com")
    await join(api.db, recruited_by="ANNA20")
    await settle(api.db, facts(1))
    _, jared = await api.get("/affiliates/JARED30")
    assert (jared["recruited_by"], jared["counts"]["recruits"]) == ("ANNA20", 0)
    _, told = await api.get("/affiliates/ANNA20")
    assert (told["recruited_by"], told["counts"]["recruits"]) == (None, 1)
    _, sale = await api.get("/sales/in_1")
    share = sale["second_tier"]
    assert (share["affiliate_id"], share["promo_code"]) == (str(anna.id), "ANNA20")
    assert (share["amount"], share["rate_bp"], share["of"]) == (28, 500, "commission")
    assert share["available_at"] == sale["commission"]["available_at"]
    _, ledger = await api.get("/affiliates/ANNA20/ledger")
    assert [entry["reason"] for entry in ledger["data"]] == ["second_tier"]
