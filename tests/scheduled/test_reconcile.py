"""What webhooks missed is found at Stripe and repaired."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import update

import clock
from domain import effects, payout_methods, program
from domain.money import money
from domain.reconcile import Summary
from integrations.errors import TransportError
from outbox.services import Services
from scheduled.backfill import backfill
from scheduled.reconcile import LOOK_BACK, nightly, reconcile
from scheduled.scheduler import Errand, run_errand
from storage import ledger
from storage.commissions import Commission
from storage.db import Database
from tests.builders import RITA, effects_asked_for, facts, join, settle
from tests.payout_builders import approve_payout, ask, connected_account, payout_now
from tests.shop import Shop, open_shop, subscription_of


async def look(shop: Shop) -> Summary:
    """Reconcile the last weeks."""
    gateway = shop.services.stripe
    assert gateway is not None
    return await reconcile(shop.db, gateway, clock.now() - LOOK_BACK)


async def notices(shop: Shop) -> list[str]:
    """What operators were told."""
    asked = await effects_asked_for(shop.db)
    return [effect.payload["text"] for effect in asked if effect.kind == effects.NOTICE]


async def test_sales_and_refunds_that_nobody_heard_of_are_repaired_and_told(db: Database) -> None:
    """Missed webhooks cost nothing but time; a second look finds nothing."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        await shop.account.renew(subscription_of(bought))
        first = await look(shop)
        assert sorted(await shop.ledger()) == [388, 557]
        assert first.looked_at == 2
        assert len(first.differences) == 2
        assert all("was missing" in one for one in first.differences)
        await shop.account.refund(bought["id"], 1015)
        second = await look(shop)
        assert second.differences == (
            f"{bought['id']}: refunded $0.00 → $10.15, commission $3.88 → $1.85. Repaired.",
        )
        third = await look(shop)
        assert third.differences == ()
        assert "no differences" in third.text()
        told = await notices(shop)
        assert len(told) == 2
        assert "commission $3.88 → $1.85" in told[1]


async def test_a_transfer_that_came_back_unheard_is_back_in_the_balance(db: Database) -> None:
    """Once, and told; one that paid none of our payouts is none of ours."""
    jared = await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        async with db.transaction() as session:
            await program.update(session, {"hold_days": 0}, RITA)
            account = connected_account(shop.account)
            await payout_methods.connect(session, jared.id, account, RITA)
        await shop.account.buy(email="zoe@example.net", plan="yearly", promotion_code="JARED30")
        await look(shop)
        payout = await approve_payout(db, await ask(db, jared))
        await shop.carry_out()
        assert (await look(shop)).differences == ()
        transfer, cents = (await payout_now(db, payout.id)).reference, payout.amount_cents
        await shop.account.reverse_transfer(transfer, 1000)
        first = f"{transfer}: reversed $0.00 → $10.00. Repaired."
        assert (await look(shop)).differences == (first,)
        await shop.account.reverse_transfer(transfer, cents - 1000)
        second = f"{transfer}: reversed $10.00 → {money(cents, 'usd')}. Repaired."
        assert (await look(shop)).differences == (second,)
        assert (await look(shop)).differences == ()
        assert await shop.ledger() == [cents, -cents, 1000, cents - 1000]
        assert second in (await notices(shop))[-1]
        assert (await payout_now(db, payout.id)).status == "failed"
        async with db.transaction() as session:
            payout.reference = "tr_another"
            session.add(payout)
        assert (await look(shop)).differences == ()


async def test_a_sale_whose_invoice_is_gone_earns_nothing_any_more(db: Database) -> None:
    """What we have and Stripe has not is looked at, too."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        await look(shop)
        shop.account.objects.remove(shop.account.objects.get("invoice", bought["id"]))
        summary = await look(shop)
        assert sum(await shop.ledger()) == 0
        assert "commission $3.88 → $0.00" in summary.differences[0]


async def test_books_that_somebody_touched_are_named_and_left(db: Database) -> None:
    """A commission that is not the sum of its entries is no difference with Stripe."""
    affiliate = await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        await look(shop)
        async with db.transaction() as session:
            await session.exec(update(Commission).values(amount_cents=99999, rate_bp=2000))
        summary = await look(shop)
        assert str(affiliate.id) in summary.differences[-1]
        assert "not repaired" in summary.differences[-1]


async def test_an_invoice_that_can_not_be_settled_stops_no_other(db: Database) -> None:
    """It is named; the rest is repaired."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        odd = await shop.account.buy(email="eve@example.net", payments=2)
        line = next(iter(shop.account.objects.newest_first("balance_transaction")))
        line["currency"] = "eur"
        await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        summary = await look(shop)
        assert await shop.ledger() == [388]
        assert any(odd["id"] in one and "could not" in one for one in summary.differences)


async def test_an_outage_ends_it_and_gives_the_night_back(db: Database) -> None:
    """The errand is run at the next hour, and once it was done not again that day."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        errand = Errand("reconcile", 3, nightly)
        shop.account.fail_next("/v1/payment_intents", status=503, times=5)
        with pytest.raises(TransportError):
            await run_errand(shop.services, errand)
        shop.stand_ins.forgive()
        assert await run_errand(shop.services, errand)
        assert await shop.ledger() == [388]
        assert not await run_errand(shop.services, errand)
        with clock.travel(clock.now() + timedelta(days=1)):
            assert await run_errand(shop.services, errand)


async def test_without_stripe_there_is_nothing_to_reconcile(db: Database) -> None:
    """A program without the key is not troubled."""
    async with open_shop(db, delivering=False) as shop:
        alone = Services(db, shop.services.settings)
        await nightly(alone)
        assert await backfill(alone) == 0


async def test_the_start_hears_what_was_said_meanwhile(db: Database) -> None:
    """Every event since the last one, each once; a new program begins with nothing."""
    await join(db)
    async with open_shop(db, delivering=False) as shop:
        await shop.carry_out()
        bought = await shop.account.buy(email="zoe@example.net", promotion_code="JARED30")
        assert await backfill(shop.services) == 0
        newest = next(iter(shop.account.objects.newest_first("event")))
        await shop.hear(newest)
        await shop.account.refund(bought["id"], 1015)
        assert await backfill(shop.services) > 3
        assert await backfill(shop.services) == 0
        await shop.quiet()
        assert sum(await shop.ledger()) == 185
        kinds = {event.kind for event in await shop.events()}
        assert {"invoice.paid", "refund.created"} <= kinds
        assert "payment_intent.succeeded" not in kinds


async def test_a_start_while_stripe_is_away_is_a_start(db: Database) -> None:
    """The backfill breaks off and says so in the log."""
    async with open_shop(db, delivering=False) as shop:
        await shop.account.buy(email="zoe@example.net")
        await shop.hear(next(iter(shop.account.objects.newest_first("event"))))
        shop.account.fail_next("/v1/events", status=503, times=5)
        assert await backfill(shop.services) == 0


async def test_the_books_are_looked_at_in_one_moment_and_hold_nobody_up(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sale that is settled while they are read is no disagreement, and does not wait."""
    await join(db)
    await settle(db, facts(1))
    totals = ledger.totals

    async def slowly(*given: Any) -> dict[tuple[UUID, str], int]:
        await asyncio.wait_for(settle(db, facts(next(numbers))), 3)
        return await totals(*given)

    numbers = itertools.count(2)
    monkeypatch.setattr(ledger, "totals", slowly)
    async with open_shop(db, delivering=False) as shop:
        found = (await look(shop)).differences
    assert not [one for one in found if "Somebody changed" in one]
