"""Tiers, made and changed by operators' programs."""

import asyncio
from typing import Any

from tests.builders import affiliate_now, join
from tests.dashboard.api.conftest import Api

GOLD: dict[str, Any] = {
    "name": "Gold",
    "referral_threshold": 10,
    "rate_bp": 2500,
    "perks": [{"icon": "star", "title": "Beta access", "link": "https://example.com"}],
}


async def test_a_tier_is_made_changed_and_deleted(api: Api) -> None:
    """What is not named stays; the list is in the order of the ladder."""
    status, gold = await api.post("/tiers", GOLD)
    assert status == 201
    assert (gold["rate_bp"], gold["min_payout_cents"], gold["members"]) == (2500, None, 0)
    assert gold["perks"][0] == {
        "icon": "star",
        "title": "Beta access",
        "description": "",
        "link": "https://example.com",
    }
    _, silver = await api.post("/tiers", {"name": "Silver", "referral_threshold": 5})
    _, listed = await api.get("/tiers")
    assert [(each["name"], each["sort_order"]) for each in listed["data"]] == [
        ("Silver", 0),
        ("Gold", 1),
    ]
    path = f"/tiers/{gold['id']}"
    _, changed = await api.patch(path, {"min_payout_cents": 1000, "rate_bp": None})
    assert changed == gold | {"min_payout_cents": 1000, "rate_bp": None, "sort_order": 1}
    assert (await api.get(path))[1] == changed
    assert (await api.patch(path, {"perks": []}))[1]["perks"] == []
    assert (await api.delete(path))[1]["moved"] == 0
    assert (await api.get(path))[0] == 404
    assert (await api.delete(path))[0] == 404
    assert (await api.get("/tiers/x"))[0] == 404
    assert silver["id"]


async def test_what_cannot_be_a_tier_is_refused_by_field(api: Api) -> None:
    """Where a perk is wrong, the field says which."""
    await api.post("/tiers", GOLD)
    for wrong, field in (
        ({"name": " "}, "name"),
        ({"name": "gold"}, "name"),
        ({"name": "B", "referral_threshold": 10}, "referral_threshold"),
        ({"name": "B", "referral_threshold": 2**40}, "referral_threshold"),
        ({"name": "B", "rate_bp": 10_001}, "rate_bp"),
        ({"name": "B", "min_payout_cents": -1}, "min_payout_cents"),
        ({"name": "B", "colour": "red"}, "colour"),
        ({"name": "B", "perks": [{"icon": "bomb", "title": "X"}]}, "perks.0.icon"),
        ({"name": "B", "perks": [{"icon": "star"}]}, "perks.0.title"),
    ):
        status, told = await api.post("/tiers", {"referral_threshold": 3, "perks": []} | wrong)
        assert (status, set(told["fields"])) == (422, {field}), wrong
    assert len((await api.get("/tiers"))[1]["data"]) == 1


async def test_who_is_in_a_tier_that_goes_is_moved(api: Api) -> None:
    """To another or to none, as is said; without a word it is a conflict."""
    affiliate = await join(api.db)
    _, gold = await api.post("/tiers", GOLD)
    _, silver = await api.post("/tiers", {"name": "Silver", "referral_threshold": 5})
    await api.post("/affiliates/JARED30/tier", {"tier_id": gold["id"]})
    assert (await api.delete(f"/tiers/{gold['id']}"))[0] == 409
    assert (await api.delete(f"/tiers/{gold['id']}?move_to=x"))[0] == 422
    _, told = await api.delete(f"/tiers/{gold['id']}?move_to={silver['id']}")
    assert (told["moved"], told["tier"]["members"]) == (1, 1)
    assert str((await affiliate_now(api.db, affiliate.id)).tier_id) == silver["id"]
    assert (await api.delete(f"/tiers/{silver['id']}?move_to=none"))[1]["moved"] == 1
    assert (await affiliate_now(api.db, affiliate.id)).tier_id is None


async def test_the_same_tier_at_once_is_made_once(api: Api) -> None:
    """With a key both get it; without, the second hears that there is one."""
    answers = await asyncio.gather(*(api.once("k").post("/tiers", GOLD) for _ in range(4)))
    assert {status for status, _ in answers} == {201}
    assert len({told["id"] for _, told in answers}) == 1
    assert (await api.post("/tiers", GOLD))[0] == 422
