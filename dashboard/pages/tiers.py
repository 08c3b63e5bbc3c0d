"""The card of an affiliate's tier: what it gives, and what the next one would."""

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import tier_moves
from domain.affiliates import Overview
from domain.payout_barriers import Claim
from domain.perks import perk_of
from domain.program import Program
from storage.tiers import Tier


async def live_view(
    _session: AsyncSession, seen: Overview, program: Program
) -> dict[str, Any] | None:
    """What the card shows; None where the program has no tiers, or none for this affiliate."""
    affiliate = seen.affiliate
    progress = tier_moves.progress(affiliate, seen.ladder, seen.converted)
    if progress is None or not (progress.current or progress.next):
        return None
    current, ahead = progress.current, progress.next
    rate_bp, claim = seen.rate_bp, seen.claim(program)
    own_rate = affiliate.rate_bp is not None
    tier = {
        "name": current.name if current else "",
        "rate_bp": rate_bp,
        "minimum": claim.minimum,
        "currency": claim.currency,
        "perks": _perks(current),
        "converted": progress.converted,
        "next": _next(ahead, rate_bp, claim, progress.converted, own_rate=own_rate)
        if ahead
        else None,
    }
    return {"tier": tier}


def _next(
    tier: Tier, rate_bp: int, claim: Claim, converted: int, *, own_rate: bool
) -> dict[str, Any]:
    """The next tier, with only those of its terms that would be others than now."""
    rate = None if own_rate or tier.rate_bp == rate_bp else tier.rate_bp
    minimum = None if tier.min_payout_cents == claim.minimum else tier.min_payout_cents
    return {
        "name": tier.name,
        "threshold": tier.referral_threshold,
        "missing": tier.referral_threshold - converted,
        "rate_bp": rate,
        "minimum": minimum,
        "perks": _perks(tier),
    }


def _perks(tier: Tier | None) -> list[dict[str, str]]:
    found = [perk_of(kept) for kept in (tier.perks if tier else [])]
    return [
        {"icon": one.icon, "title": one.title, "about": one.description, "link": one.link}
        for one in found
    ]
