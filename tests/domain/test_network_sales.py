"""Whose sale it is when a network brought the customer, and what the network is told of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import affiliates, network_sales, networks
from domain.errors import ConflictError
from domain.sales import explain
from domain.statuses import Status
from storage import ledger
from storage.db import Database
from storage.ids import new_id
from storage.network_sales import NetworkDelivery
from tests.builders import BUYER, PAID, RITA, effects_asked_for, facts, join, settle
from tests.network_builders import (
    add_network,
    every_conversion,
    network_id,
    sign_up,
    some_terms,
    told,
)

NO_CODE: dict[str, Any] = {"codes": ()}


async def trace_of(db: Database, invoice_id: str = "in_1") -> str:
    """Why a sale was decided as it was, in one text."""
    async with db.read() as session:
        found = await explain(session, invoice_id)
    return " ".join(step["result"] for step in found.sale.trace)


async def earned(db: Database, affiliate_id: UUID) -> int:
    """What an affiliate has earned in dollars, in cents."""
    async with db.read() as session:
        return (await ledger.unpaid(session)).get(affiliate_id, {}).get("usd", 0)


async def begin(db: Database, conversion_id: UUID) -> NetworkDelivery | None:
    """The next delivery of a conversion."""
    async with db.transaction() as session:
        return await network_sales.begin_delivery(session, conversion_id)


async def deliver(db: Database, delivery: NetworkDelivery) -> None:
    """The network takes a delivery."""
    async with db.transaction() as session:
        await network_sales.delivered(session, delivery.id, "ok")


async def test_a_network_is_told_of_a_sale_whose_customer_it_brought(db: Database) -> None:
    """Without anybody of ours: what is left without tax, under the invoice's name."""
    await add_network(db)
    verdict = await sign_up(db)
    assert (verdict.outcome, verdict.affiliate) == ("network", None)
    sale = await settle(db, facts(tax=400, **NO_CODE))
    assert sale.outcome == "network_pays"
    (made,) = await every_conversion(db)
    assert (made.click_id, made.reference, made.posted) == ("abc", "in_1", 0)
    delivery = await begin(db, made.id)
    assert delivery is not None
    assert (delivery.version, delivery.amount, delivery.change) == (1, 2500, 2500)
    assert "Wide Net brought the customer" in await trace_of(db)


async def test_who_is_paid_by_the_network_is_not_paid_by_us(db: Database) -> None:
    """The partner's own link was in the click: the referral is theirs, the money the network's."""
    jared = await join(db)
    await add_network(db)
    verdict = await sign_up(db, "JARED30")
    assert verdict.affiliate is not None
    sale = await settle(db, facts(**NO_CODE))
    assert (sale.affiliate_user_id, sale.outcome) == (jared.id, "network_pays")
    assert await earned(db, jared.id) == 0
    assert len(await every_conversion(db)) == 1
    assert "there is no commission here" in await trace_of(db)


async def test_a_network_that_only_counts_leaves_the_commission(db: Database) -> None:
    """`pays` is the program: it is told, and the affiliate is paid here."""
    jared = await join(db)
    await add_network(db, pays="program")
    await sign_up(db, "JARED30")
    sale = await settle(db, facts(**NO_CODE))
    assert sale.outcome == "credited"
    assert await earned(db, jared.id) == 557
    assert len(await every_conversion(db)) == 1
    assert "the program pays" in await trace_of(db)


async def test_somebody_else_who_is_credited_keeps_the_sale(db: Database) -> None:
    """A promo code goes before a network's click of somebody else, and only one is paid."""
    jared = await join(db)
    await add_network(db)
    await sign_up(db)
    await settle(db, facts())
    assert await earned(db, jared.id) == 557
    assert await every_conversion(db) == []
    assert "Wide Net is not told" in await trace_of(db)


async def test_a_refused_purchase_is_not_told_of(db: Database) -> None:
    """Somebody who was terminated gets nothing here, and nothing by way of a network."""
    jared = await join(db)
    await add_network(db)
    await sign_up(db, "JARED30")
    async with db.transaction() as session:
        await affiliates.change_status(session, jared.id, Status.TERMINATED, "spam", RITA)
    await settle(db, facts())
    assert await every_conversion(db) == []


async def test_only_the_first_cycles_are_told_and_later_ones_earn_nothing(db: Database) -> None:
    """The deal is with the network: it hears of two payments, and the third pays nobody."""
    jared = await join(db)
    await add_network(db)
    await sign_up(db, "JARED30")
    for n in (1, 2, 3):
        await settle(db, facts(n, **NO_CODE))
    assert [each.reference for each in await every_conversion(db)] == ["in_1", "in_2"]
    assert await earned(db, jared.id) == 0


async def test_the_click_may_stand_in_the_customers_metadata(db: Database) -> None:
    """For a product that tells of no sign-ups, but keeps the click id at the payment provider."""
    await add_network(db)
    buyer = type(BUYER)(BUYER.id, BUYER.email, {"clickid": "from-metadata"})
    await settle(db, facts(customer=buyer, **NO_CODE))
    (made,) = await every_conversion(db)
    assert made.click_id == "from-metadata"


async def test_a_network_that_is_off_is_told_nothing_new(db: Database) -> None:
    """Its customers' sales are ours again; what was decided before stays."""
    jared = await join(db)
    await add_network(db)
    await sign_up(db, "JARED30")
    await settle(db, facts(1, **NO_CODE))
    async with db.transaction() as session:
        await networks.switch(session, await network_id(db), RITA, on=False)
    await settle(db, facts(2, **NO_CODE))
    later: dict[str, Any] = {"fetched_at": PAID + timedelta(days=40), "refunded": 100}
    await settle(db, facts(1, **later, **NO_CODE))
    assert [each.reference for each in await every_conversion(db)] == ["in_1"]
    assert await earned(db, jared.id) == 557


async def test_after_the_hold_means_not_before(db: Database) -> None:
    """What is refunded until then is never posted at all."""
    await add_network(db, timing="after_hold")
    await sign_up(db)
    sale = await settle(db, facts(**NO_CODE))
    made, _ = await told(db, sale)
    assert made.due_at == PAID + timedelta(days=30)
    asked = [each for each in await effects_asked_for(db) if each.kind == "network.conversion"]
    assert [each.next_attempt_at for each in asked] == [made.due_at]
    await settle(db, facts(refunded=2900, fetched_at=PAID + timedelta(days=3), **NO_CODE))
    asked = [each for each in await effects_asked_for(db) if each.kind == "network.conversion"]
    assert len(asked) == 1
    assert await begin(db, made.id) is None


async def test_a_delivery_that_was_begun_keeps_its_amount(db: Database) -> None:
    """Whatever happens meanwhile: repeating it repeats the same, and the change comes next."""
    await add_network(db)
    await sign_up(db)
    sale = await settle(db, facts(**NO_CODE))
    made, _ = await told(db, sale)
    first = await begin(db, made.id)
    await settle(db, facts(refunded=900, fetched_at=PAID + timedelta(days=1), **NO_CODE))
    again = await begin(db, made.id)
    assert first is not None
    assert again is not None
    assert (again.id, again.amount) == (first.id, 2900)
    await deliver(db, again)
    second = await begin(db, made.id)
    assert second is not None
    assert (second.version, second.amount, second.change) == (2, 2000, -900)


async def test_what_was_taken_back_comes_again_as_another_order(db: Database) -> None:
    """A dispute that is won: networks take nothing back that they have reversed."""
    await add_network(db)
    await sign_up(db)
    references = []
    for day, disputed in ((0, 0), (1, 2900), (2, 0), (3, 1000)):
        moment = PAID + timedelta(days=day, seconds=5)
        sale = await settle(db, facts(disputed=disputed, fetched_at=moment, **NO_CODE))
        made, _ = await told(db, sale)
        delivery = await begin(db, made.id)
        assert delivery is not None
        await deliver(db, delivery)
        references.append((delivery.reference, delivery.amount))
    assert references == [("in_1", 2900), ("in_1", 0), ("in_1-3", 2900), ("in_1-3", 1900)]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.integers(0, 2900), st.sampled_from(["settle", "begin", "deliver", "late"])),
        max_size=12,
    )
)
async def test_in_any_order_the_network_ends_with_what_is_left(
    db: Database, steps: list[tuple[int, str]]
) -> None:
    """Refunds, repeats, old facts and deliveries as they come: the changes add up to the truth."""
    if not await _networks(db):
        await add_network(db)
    name = new_id().hex
    who = {"customer_id": f"cus_{name}", "email": f"{name}@example.net"}
    await sign_up(db, **who)
    buyer = type(BUYER)(who["customer_id"], who["email"], {})
    invoice = f"in_{name}"

    async def settled(refunded: int, second: int) -> None:
        moment = PAID + timedelta(seconds=second)
        given: dict[str, Any] = {
            "customer": buyer,
            "invoice_id": invoice,
            "refunded": refunded,
        }
        await settle(db, facts(fetched_at=moment, **given, **NO_CODE))

    await settled(0, 1)
    made = (await every_conversion(db))[-1]
    left, open_ = 2900, None
    for number, (refunded, step) in enumerate(steps, 2):
        if step == "settle":
            await settled(refunded, number)
            left = 2900 - refunded
        elif step == "late":
            await settled(refunded, 0)
        elif step == "begin":
            open_ = await begin(db, made.id)
        elif open_ is not None:
            await deliver(db, open_)
            await deliver(db, open_)
    while (delivery := await begin(db, made.id)) is not None:
        await deliver(db, delivery)
    async with db.read() as session:
        story = await network_sales.stories(session, invoice)
    assert story.conversion.posted == left
    assert sum(each.change for each in story.deliveries) == left
    assert [each.version for each in story.deliveries] == list(range(1, len(story.deliveries) + 1))


async def _networks(db: Database) -> int:
    async with db.read() as session:
        return len(await networks.views(session))


async def test_a_refusal_waits_for_a_person(db: Database) -> None:
    """Who told the network themselves says so; then it counts as told, and only once."""
    await add_network(db)
    await sign_up(db)
    sale = await settle(db, facts(**NO_CODE))
    made, _ = await told(db, sale)
    delivery = await begin(db, made.id)
    assert delivery is not None
    async with db.transaction() as session:
        await network_sales.refused(session, delivery.id, "no such campaign")
    async with db.transaction() as session:
        await network_sales.done_by_hand(session, delivery.id, RITA)
    made, (only,) = await told(db, sale)
    assert (made.posted, only.status, only.answer) == (2900, "by_hand", "no such campaign")
    with pytest.raises(ConflictError):
        async with db.transaction() as session:
            await network_sales.done_by_hand(session, delivery.id, RITA)
    assert await begin(db, made.id) is None


async def test_the_terms_of_a_sale_stay_when_the_network_changes(db: Database) -> None:
    """Who pays was decided when the sale was first seen."""
    jared = await join(db)
    await add_network(db)
    await sign_up(db, "JARED30")
    await settle(db, facts(**NO_CODE))
    async with db.transaction() as session:
        network = await networks.named(session, "wide")
        await networks.change(session, network.id, some_terms(pays="program"), RITA)
    await settle(db, facts(refunded=100, fetched_at=PAID + timedelta(days=1), **NO_CODE))
    assert await earned(db, jared.id) == 0
