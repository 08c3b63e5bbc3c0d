"""Tiers: steps of the program with a rate, a payout minimum and perks of their own."""

from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import json_field
from storage.ids import new_id


class Tier(SQLModel, table=True):
    """One tier. Null means the program's own rate or minimum (basis points, cents)."""

    __tablename__ = "affiliate_tiers"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True)
    referral_threshold: int = 0
    rate_bp: int | None = None
    min_payout_cents: int | None = None
    perks: list[dict[str, Any]] = json_field(list)
    sort_order: int = 0


async def get(session: AsyncSession, tier_id: UUID) -> Tier | None:
    """One tier."""
    return await session.get(Tier, tier_id)
