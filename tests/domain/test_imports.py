"""Sales of customers and affiliates who were brought over: who accounts for which."""

from datetime import timedelta

from domain import reconcile, sales
from storage.db import Database
from storage.imports import ImportedAffiliate, ImportedCustomer
from storage.referrals import Referral
from tests.builders import BUYER, PAID, facts, join, settle


async def bring(db: Database, *, customer: bool, affiliate: bool) -> None:
    """Jared, brought over at the moment between the first and the second invoice."""
    jared = await join(db)
    until = PAID + timedelta(days=10)
    async with db.transaction() as session:
        if affiliate:
            session.add(
                ImportedAffiliate(
                    affiliate_user_id=jared.id, source="rewardful", settled_until=until
                )
            )
        if customer:
            referral = Referral(
                affiliate_user_id=jared.id,
                customer_id=BUYER.id,
                attributed_by="import",
                first_sale=True,
            )
            session.add(referral)
            await session.flush()
            session.add(
                ImportedCustomer(referral_id=referral.id, source="rewardful", settled_until=until)
            )


async def outcomes(db: Database) -> list[tuple[str, int]]:
    """How the first two invoices end, and what they earn."""
    found = []
    for number in (1, 2):
        sale = await settle(db, facts(number))
        async with db.read() as session:
            explained = await sales.explain(session, sale.invoice_id)
        earned = explained.commission.amount_cents if explained.commission else 0
        found.append((sale.outcome, earned))
    return found


async def test_what_was_paid_before_is_the_earlier_programs(db: Database) -> None:
    """An old invoice earns nothing, though our code is on it; it still is the first cycle."""
    await bring(db, customer=True, affiliate=True)
    assert await outcomes(db) == [("settled_elsewhere", 0), ("credited", 557)]
    async with db.read() as session:
        explained = await sales.explain(session, "in_1")
        assert await reconcile.disagreements(session) == []
    assert "earlier program on 2026-11-11" in explained.sale.trace[-1]["result"]


async def test_a_customer_of_somebody_who_was_here_before(db: Database) -> None:
    """Whoever was an affiliate here already keeps what they earn by others."""
    await bring(db, customer=True, affiliate=False)
    assert await outcomes(db) == [("settled_elsewhere", 0), ("credited", 557)]
    other = facts(1, invoice_id="in_9", customer=BUYER.__class__("cus_9", "nine@example.net", {}))
    assert (await settle(db, other)).outcome == "credited"


async def test_a_customer_whom_no_file_named(db: Database) -> None:
    """A code was used before the affiliate came: the earlier program was paid for that."""
    await bring(db, customer=False, affiliate=True)
    first, _ = await outcomes(db)
    assert first == ("settled_elsewhere", 0)
