"""Affiliates with money, and payouts at any stage of their way."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select

import clock
from domain import payouts
from domain.audit import Actor
from sandbox.stripe.account import StripeAccount
from storage import payouts as rows
from storage.affiliates import Affiliate
from storage.db import Database
from storage.ids import new_id
from storage.ledger import LedgerEntry
from storage.payouts import Payout
from tests.builders import RITA, join

JARED = Actor("jared@example.com", "Jared Bets", "dashboard")


async def earn(
    db: Database, affiliate_id: UUID, amount: int, *, currency: str = "usd", days: int = 0
) -> None:
    """Post an entry that becomes available in `days`."""
    async with db.transaction() as session:
        session.add(
            LedgerEntry(
                affiliate_user_id=affiliate_id,
                amount=amount,
                currency=currency,
                reason="commission",
                source=f"test:{new_id()}",
                available_at=clock.now() + timedelta(days=days),
            )
        )


async def rich(db: Database, amount: int = 5000, *, method: str = "", to: str = "") -> Affiliate:
    """Jared, approved, with this much available and a way to be paid."""
    affiliate = await join(db)
    await earn(db, affiliate.id, amount)
    async with db.transaction() as session:
        affiliate.payout_method, affiliate.payout_destination = method, to
        session.add(affiliate)
    return affiliate


async def ask(db: Database, affiliate: Affiliate, currency: str | None = None) -> Payout:
    """Ask for a payout, as the affiliate."""
    async with db.transaction() as session:
        return await payouts.request(session, affiliate.id, JARED, currency)


async def approve_payout(db: Database, payout: Payout, actor: Actor = RITA) -> Payout:
    """Approve a payout."""
    async with db.transaction() as session:
        return await payouts.approve(session, payout.id, actor)


async def payout_by_paypal(db: Database, code: str, amount: int = 5000) -> Payout:
    """An approved payout to somebody new, who is paid at `{code}@pay.example`."""
    affiliate = await join(db, code, email=f"{code.lower()}@example.com")
    await earn(db, affiliate.id, amount)
    async with db.transaction() as session:
        affiliate.payout_method = "paypal"
        affiliate.payout_destination = f"{code.lower()}@pay.example"
        session.add(affiliate)
    return await approve_payout(db, await ask(db, affiliate))


async def payout_now(db: Database, payout_id: UUID) -> Payout:
    """A payout as stored."""
    async with db.read() as session:
        found = await rows.get(session, payout_id)
    assert found is not None
    return found


async def movements(db: Database, affiliate_id: UUID) -> list[tuple[str, int]]:
    """Every ledger entry of an affiliate, as its reason and its amount, oldest first."""
    query = select(LedgerEntry).where(LedgerEntry.affiliate_user_id == affiliate_id)
    async with db.read() as session:
        found = (await session.exec(query.order_by(col(LedgerEntry.id)))).all()
    return [(entry.reason, entry.amount) for entry in found]


async def balance(db: Database, affiliate_id: UUID) -> int:
    """The sum of everything, in minor units whatever the currency."""
    return sum(amount for _, amount in await movements(db, affiliate_id))


def connected_account(account: StripeAccount) -> str:
    """Connect an account at the stand-in of Stripe that can receive transfers; its id."""
    accounts = account.resources["account"]
    wish = {"type": "express", "capabilities": {"transfers": {"requested": True}}}
    return str(accounts.new(wish, **accounts.build(wish))["id"])
