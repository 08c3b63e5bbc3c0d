"""The card of an affiliate's tier: what it gives, and what the next one would."""

from typing import Any

from domain.affiliates import Overview
from domain.payout_barriers import Claim
from domain.perks import perk_of
from domain.tier_moves import Progress
from storage.tiers import Tier


def tier_view(progress: Progress | None, seen: Overview, claim: Claim) -> dict[str, Any] | None:
    """What the card shows; None where the program has no tiers, or none for this affiliate."""
    if progress is None or not (progress.current or progress.next):
        return None
    current, ahead = progress.current, progress.next
    return {
        "name": current.name if current else "",
        "rate_bp": seen.rate_bp,
        "minimum": claim.minimum,
        "currency": claim.currency,
        "perks": _perks(current),
        "converted": progress.converted,
        "next": _next(ahead, seen, claim, progress.converted) if ahead else None,
    }


def _next(tier: Tier, seen: Overview, claim: Claim, converted: int) -> dict[str, Any]:
    """The next tier, with only those of its terms that would be others than now."""
    own_rate = seen.affiliate.rate_bp is not None
    rate = None if own_rate or tier.rate_bp == seen.rate_bp else tier.rate_bp
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
