"""What a network is told when a sale changes at the moment at which it is told, or much later."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import network_sales, networks, program, sales
from storage import ledger, work
from storage.db import Database
from storage.outbox import Effect
from tests.builders import PAID, RITA, facts, join, settle
from tests.network_builders import (
    add_network,
    every_conversion,
    network_id,
    sign_up,
    some_terms,
    told,
)

NO_CODE: dict[str, Any] = {"codes": ()}
REFUNDED = facts(refunded=2900, fetched_at=PAID + timedelta(days=1), **NO_CODE)
OVERLAP = 0.3
"""Seconds in which two transactions are open at the same time, where the database lets them."""


async def take(db: Database) -> tuple[Effect, UUID]:
    """A worker takes the effect, and begins to tell."""
    async with db.transaction() as session:
        (effect,) = await work.claim(session, Effect, 1, col(Effect.kind) == "network.conversion")
    async with db.transaction() as session:
        conversion = UUID(effect.payload["conversion"])
        begun = await network_sales.begin_delivery(session, conversion)
        assert begun is not None
        return effect, begun.id


async def arrive(session: AsyncSession, effect: Effect, delivery: UUID) -> None:
    """The network has taken it."""
    await work.finish(session, Effect, effect.id)
    await network_sales.delivered(session, delivery, "ok")


@pytest.mark.parametrize("refund_first", [True, False])
async def test_a_refund_while_the_sale_arrives_is_told_as_well(
    db: Database, *, refund_first: bool
) -> None:
    """Neither of the two sees the other's work; one of them has to ask for the reversal."""
    await add_network(db)
    await sign_up(db)
    sale = await settle(db, facts(**NO_CODE))
    effect, delivery = await take(db)

    async def refund(session: AsyncSession) -> None:
        await sales.settle(session, REFUNDED)

    async def arrives(session: AsyncSession) -> None:
        await arrive(session, effect, delivery)

    async def then(do: Any) -> None:
        async with db.transaction() as session:
            await do(session)

    first, second = (refund, arrives) if refund_first else (arrives, refund)
    async with db.transaction() as session:
        await first(session)
        other = asyncio.create_task(then(second))
        await asyncio.sleep(OVERLAP)
    await other
    _, reversal = await take(db)
    _, (*_, last) = await told(db, sale)
    assert (last.id, last.amount, last.change) == (reversal, 0, -2900)


@pytest.mark.parametrize("change", [{"pays": "program"}, {"cycles": 12}, None])
async def test_what_nobody_was_paid_for_stays_so(
    db: Database, change: dict[str, Any] | None
) -> None:
    """A refund long after brings no commission and no order, though the network's terms changed.

    The third payment was beyond what the network pays for; None takes the network out of use.
    """
    jared = await join(db)
    await add_network(db)
    await sign_up(db, "JARED30")
    async with db.transaction() as session:
        await program.update(session, {"max_cycles": 12}, RITA)
    for n in (1, 2, 3):
        await settle(db, facts(n, **NO_CODE))
    async with db.transaction() as session:
        if change:
            network = await networks.named(session, "wide")
            await networks.change(session, network.id, some_terms(**change), RITA)
        else:
            await networks.switch(session, await network_id(db), RITA, on=False)
    later = {"refunded": 100, "fetched_at": PAID + timedelta(days=90)}
    sale = await settle(db, facts(3, **later, **NO_CODE))
    assert sale.outcome == "network_pays"
    async with db.read() as session:
        assert await ledger.unpaid(session) == {}
    assert [each.reference for each in await every_conversion(db)] == ["in_1", "in_2"]
    assert jared.id == sale.affiliate_user_id
