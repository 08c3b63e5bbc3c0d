"""The card of an affiliate's milestones: the way to the next bonus, and those they have."""

from collections.abc import Mapping
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import milestone_awards
from domain.affiliates import Overview
from domain.milestone_awards import Ahead
from domain.money import money
from domain.program import Program
from storage.milestones import MilestoneAward


async def live_view(
    session: AsyncSession, overview: Overview, program: Program
) -> Mapping[str, Any] | None:
    """What the card shows; None where the program has no milestones and they have no bonus."""
    seen = await milestone_awards.progress(
        session, overview.affiliate.id, program, overview.converted
    )
    if seen is None or not (seen.next or seen.awards):
        return None
    return {
        "converted": seen.converted,
        "next": _next(seen.next, seen.converted) if seen.next else None,
        "reached": [_reached(award) for award in seen.awards],
        "said": _said(max(seen.awards, key=lambda one: one.updated_at)) if seen.awards else "",
    }


def _next(ahead: Ahead, converted: int) -> dict[str, Any]:
    return {
        "name": ahead.name,
        "threshold": ahead.threshold,
        "missing": ahead.threshold - converted,
        "bonus": ahead.bonus,
        "currency": ahead.currency,
        "about": ahead.description,
    }


def _reached(award: MilestoneAward) -> dict[str, Any]:
    held = award.available_at > clock.now() and not award.withdrawn
    return {
        "name": award.name,
        "threshold": award.referral_threshold,
        "bonus": award.bonus_amount_cents,
        "currency": award.currency,
        "available_at": award.available_at if held else None,
        "withdrawn": award.withdrawn,
    }


def _said(award: MilestoneAward) -> str:
    """What a reader hears when this bonus has just come."""
    if award.withdrawn:
        return ""
    bonus = money(award.bonus_amount_cents, award.currency)
    return f"Milestone {award.name} reached: {bonus}."
