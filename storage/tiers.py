"""Tiers: steps of the program with a rate, a payout minimum and perks of their own."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.affiliates import Affiliate
from storage.columns import json_field
from storage.ids import new_id


class Tier(SQLModel, table=True):
    """One tier. Null means the program's own rate or minimum (basis points, cents).

    `referral_threshold` is how many converted referrals lead there, and `sort_order` its place
    by that, from 0. A perk has `icon`, `title`, `description` and, where there is one, `link`.
    """

    __tablename__ = "affiliate_tiers"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(unique=True)
    referral_threshold: int = 0
    rate_bp: int | None = None
    min_payout_cents: int | None = None
    perks: list[dict[str, Any]] = json_field(list)
    sort_order: int = 0


async def get(session: AsyncSession, tier_id: UUID, *, lock: bool = False) -> Tier | None:
    """One tier; `lock` holds the row until the transaction ends."""
    return await session.get(Tier, tier_id, with_for_update=lock, populate_existing=lock)


async def ladder(session: AsyncSession, *, hold: bool = False) -> Sequence[Tier]:
    """Every tier, the one with the smallest threshold first.

    `hold` keeps them from being deleted until the transaction ends. Whoever holds the tiers and
    locks affiliates does it in this order.
    """
    query = select(Tier).order_by(col(Tier.referral_threshold), col(Tier.id))
    if hold:
        query = query.with_for_update(read=True, key_share=True)
        query = query.execution_options(populate_existing=True)
    return (await session.exec(query)).all()


async def members(session: AsyncSession) -> dict[UUID, int]:
    """How many affiliates are in each tier."""
    query = select(Affiliate.tier_id, func.count()).where(col(Affiliate.tier_id).is_not(None))
    rows = await session.exec(query.group_by(col(Affiliate.tier_id)))
    return {tier_id: count for tier_id, count in rows if tier_id is not None}


async def move_members(session: AsyncSession, tier_id: UUID, to: UUID | None) -> int:
    """Move everybody from one tier to another, or to none; how many there were.

    Who is in no tier afterwards is moved by referrals again.
    """
    moved = update(Affiliate).where(col(Affiliate.tier_id) == tier_id)
    changes: dict[str, Any] = {"tier_id": to} | ({"tier_pinned": False} if to is None else {})
    return (await session.exec(moved.values(**changes))).rowcount
