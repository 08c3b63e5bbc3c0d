"""Tiers for tests, and customers who convert."""

from datetime import timedelta
from uuid import UUID

from domain import tiers
from domain.attribution import Customer
from domain.perks import Perk
from domain.tiers import Wish
from storage.db import Database
from storage.sales import Sale
from storage.tiers import Tier
from tests.builders import PAID, RITA, facts, settle

BETA = Perk("star", "Beta access", "Try new features first")
CHAT = Perk("message-circle", "Private chat", "Talk to us", "https://chat.example.com/affiliates")


async def make_tier(
    db: Database,
    name: str = "Gold",
    threshold: int = 2,
    rate_bp: int | None = 2500,
    *,
    minimum: int | None = None,
    perks: tuple[Perk, ...] = (),
) -> Tier:
    """A tier that begins at so many converted referrals."""
    async with db.transaction() as session:
        return await tiers.create(session, Wish(name, threshold, rate_bp, minimum, perks), RITA)


async def convert(db: Database, number: int, code: str = "JARED30", **changes: int) -> Sale:
    """The first purchase of the customer of this number, by a code."""
    day = PAID + timedelta(days=number)
    made = facts(
        invoice_id=f"in_c{number}",
        customer=Customer(f"cus_c{number}", f"buyer{number}@example.net", {}),
        subscription_id=f"sub_c{number}",
        codes=(code,),
        paid_at=day,
        fetched_at=day + timedelta(seconds=5),
        **changes,
    )
    return await settle(db, made)


async def tier_now(db: Database, tier_id: UUID) -> Tier:
    """A tier as stored."""
    async with db.read() as session:
        return await tiers.by_id(session, tier_id)
