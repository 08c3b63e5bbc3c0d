"""What networks hear of sales: once, whatever is lost on the way, and right after each change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
from domain import effects
from integrations import impact
from sandbox.faults import HANG_UP
from sandbox.networks import Networks
from sandbox.slack.people import AFFILIATES
from storage import worker
from storage.network_sales import NetworkDelivery
from storage.sales import Sale
from tests.builders import PAID, facts, settle
from tests.network_builders import add_network, sign_up, told
from tests.outbox.conftest import Outside

GIVEN: dict[str, dict[str, str]] = {
    "partnerstack": {"public_key": "pk_1", "product_key": "", "category_key": ""},
    "impact": {"account_sid": "SID1", "campaign_id": "7", "action_tracker_id": "8"},
    "awin": {"advertiser_id": "9", "commission_group": ""},
}


def template(outside: Outside) -> str:
    """An address of the stand-in, with everything that could be filled in."""
    base = outside.stand_ins.settings()["impact_api_url"].removesuffix("/impact")
    return (
        f"{base}/postback?c={{click_id}}&t={{transaction_id}}&e={{event_id}}&sum={{amount}}"
        "&by={change}&cur={currency}&is={status}"
    )


async def use(outside: Outside, kind: str, **changes: Any) -> None:
    """Take a network of a kind into use, and let somebody sign up by it."""
    address = template(outside)
    settings = GIVEN.get(kind, {"template": address, "correction_template": address})
    given = {"settings": settings} | changes
    await add_network(outside.db, kind, kind, click_parameter="clickid", **given)
    await sign_up(outside.db, click="a b&c=d")


async def sold(outside: Outside, day: int = 0, **changes: Any) -> Sale:
    """The sale as it stands after some days."""
    moment = PAID + timedelta(days=day, seconds=5)
    return await settle(outside.db, facts(fetched_at=moment, codes=(), **changes))


def heard(networks: Networks, kind: str) -> list[tuple[str, str]]:
    """What a network has of our orders: each one's name and what it is worth there."""
    if kind == "partnerstack":
        return [(each["key"], str(each["amount"])) for each in networks.told("transactions")]
    if kind == "impact":
        return [(each["Oid"], each["Amount"]) for each in networks.told("actions")]
    if kind == "awin":
        orders = networks.told("orders")
        return [(each["orderReference"], f"{each['amount']:.2f}") for each in orders]
    return [(each["t"], each["sum"]) for each in networks.told("postbacks")]


async def deliveries(outside: Outside, sale: Sale) -> list[NetworkDelivery]:
    """What was told of a sale."""
    return (await told(outside.db, sale))[1]


STORY = {
    "partnerstack": [("in_1.v1", "2900"), ("in_1.v2", "-900"), ("in_1.v3", "-2000")],
    "impact": [("in_1", "0.00")],
    "awin": [("in_1", "0.00")],
    "postback": [("in_1", "29.00"), ("in_1", "20.00"), ("in_1", "0.00")],
}
AGAIN = {
    "partnerstack": ("in_1-4.v4", "2900"),
    "impact": ("in_1-4", "29.00"),
    "awin": ("in_1-4", "29.00"),
    "postback": ("in_1-4", "29.00"),
}


@pytest.mark.parametrize("kind", list(STORY))
async def test_a_sale_is_told_and_corrected_in_each_networks_way(
    outside: Outside, kind: str
) -> None:
    """A partial refund, a dispute about the rest, and that dispute won in the end."""
    await use(outside, kind)
    for day, changes in enumerate(({}, {"refunded": 900}, {"refunded": 900, "disputed": 2000}, {})):
        sale = await sold(outside, day, **changes)
        await outside.settle()
        if day == 2:
            assert heard(outside.stand_ins.networks, kind) == STORY[kind]
    assert heard(outside.stand_ins.networks, kind)[-1] == AGAIN[kind]
    assert [(each.amount, each.status) for each in await deliveries(outside, sale)] == [
        (2900, "sent"),
        (2000, "sent"),
        (0, "sent"),
        (2900, "sent"),
    ]


@pytest.mark.parametrize("kind", list(STORY))
@pytest.mark.parametrize("fault", [HANG_UP, 500, 503])
async def test_a_lost_answer_doubles_nothing(outside: Outside, kind: str, fault: int) -> None:
    """The network has done it and we have not heard: the order is there once in the end."""
    part = {"partnerstack": "/transactions", "impact": "Conversions", "awin": "orders"}
    outside.stand_ins.networks.traffic.fail_next(
        fault, path_part=part.get(kind, "postback"), after_work=True
    )
    await use(outside, kind)
    sale = await sold(outside)
    await outside.settle()
    there = heard(outside.stand_ins.networks, kind)
    if kind == "postback":
        calls = outside.stand_ins.networks.told("postbacks")
        assert len(calls) == 2
        assert calls[0] == calls[1]  # to be told as a repeat by whoever receives it
    else:
        assert len(there) == 1
    (delivery,) = await deliveries(outside, sale)
    assert delivery.status == "sent"


async def test_what_did_not_arrive_at_impact_is_sent_again_only_when_it_had_time_to_appear(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its actions appear after a while, so an order that is not seen may be there all the same."""
    monkeypatch.setattr(impact, "APPEARS", timedelta(seconds=3))
    outside.stand_ins.networks.traffic.fail_next(503, path_part="Conversions")
    await use(outside, "impact")
    await sold(outside)
    began = clock.now()
    await outside.settle()
    assert heard(outside.stand_ins.networks, "impact") == [("in_1", "29.00")]
    assert clock.now() - began > timedelta(seconds=2.5)


async def test_each_attempt_at_impact_gets_its_own_time_to_appear(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first did not arrive, the second did and its answer was lost: there is no third."""
    monkeypatch.setattr(impact, "APPEARS", timedelta(seconds=2))
    monkeypatch.setattr(worker, "wait_before", lambda _: 0.1)
    networks = outside.stand_ins.networks
    networks.appears = 1.5
    networks.traffic.fail_next(503, path_part="Conversions")
    networks.traffic.fail_next(HANG_UP, path_part="Conversions", after_work=True)
    await use(outside, "impact")
    sale = await sold(outside)
    await outside.settle()
    assert heard(networks, "impact") == [("in_1", "29.00")]
    assert [each.status for each in await deliveries(outside, sale)] == ["sent"]


@pytest.mark.parametrize("kind", ["impact", "awin"])
async def test_a_network_that_takes_its_time_is_asked_for_the_outcome(
    outside: Outside, kind: str
) -> None:
    """Nothing is told twice while it works, and the outcome is what counts."""
    await use(outside, kind)
    await sold(outside)
    await outside.settle()
    outside.stand_ins.networks.busy = 2
    sale = await sold(outside, 1, refunded=900)
    await outside.settle()
    assert heard(outside.stand_ins.networks, kind) == [("in_1", "20.00")]
    assert [each.status for each in await deliveries(outside, sale)] == ["sent", "sent"]


@pytest.mark.parametrize("kind", ["impact", "awin"])
async def test_a_change_that_comes_too_late_waits_for_an_operator(
    outside: Outside, kind: str
) -> None:
    """The network has approved it and changes it no more: operators are told, nothing is lost."""
    await use(outside, kind)
    await sold(outside)
    await outside.settle()
    for order in outside.stand_ins.networks.told("actions" if kind == "impact" else "orders"):
        order["State" if kind == "impact" else "status"] = "approved"
    sale = await sold(outside, 1, refunded=900)
    await outside.settle()
    *_, last = await deliveries(outside, sale)
    assert (last.status, last.amount) == ("refused", 2000)
    (parked,) = [
        each for each in await outside.effects(effects.NETWORK_CONVERSION) if each.parked_at
    ]
    assert parked.last_error == last.answer
    messages = outside.stand_ins.slack.messages(AFFILIATES)
    said = [outside.stand_ins.slack.text_of(each) for each in messages]
    assert any("what an affiliate network is told of a sale" in each for each in said)


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda given: given.pop("campaign_id"), "has no campaign (program) id"),
        (lambda given: given.update(account_sid=""), "has no account sid"),
    ],
)
async def test_a_network_without_its_ids_says_which_it_lacks(
    outside: Outside, break_it: Callable[[dict[str, str]], Any], sentence: str
) -> None:
    """Rather than a fault in the log that nobody understands."""
    given = dict(GIVEN["impact"])
    break_it(given)
    await use(outside, "impact", settings=given)
    sale = await sold(outside)
    await outside.settle()
    (delivery,) = await deliveries(outside, sale)
    assert sentence in delivery.answer


async def test_corrections_without_an_address_are_for_a_person(outside: Outside) -> None:
    """Who is told what to type there; the conversion itself went out."""
    await use(outside, "postback", settings={"template": template(outside)})
    await sold(outside)
    await outside.settle()
    sale = await sold(outside, 1, refunded=900)
    await outside.settle()
    *_, last = await deliveries(outside, sale)
    assert last.status == "refused"
    assert "order in_1 is worth 20.00 USD now" in last.answer


async def test_what_is_filled_in_cannot_break_out_of_its_place(outside: Outside) -> None:
    """A click id is whatever somebody typed behind a link."""
    await use(outside, "postback")
    await sold(outside)
    await outside.settle()
    (call,) = outside.stand_ins.networks.told("postbacks")
    assert call["c"] == "a b&c=d"
    assert (call["cur"], call["is"], call["by"]) == ("USD", "approved", "29.00")


async def test_inward_addresses_are_not_called(outside: Outside) -> None:
    """Unless the server's own settings allow that network; the metadata of a cloud never is."""
    address = "http://169.254.169.254/latest?c={click_id}"
    await use(outside, "postback", settings={"template": address})
    sale = await sold(outside)
    await outside.settle()
    (delivery,) = await deliveries(outside, sale)
    assert (delivery.status, delivery.answer) == ("refused", "the address is not public")
