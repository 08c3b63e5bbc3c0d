"""Mails about tiers."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from domain.money import money, percent
from domain.perks import perk_of
from outbox.letters.registry import Asked, letter
from storage import affiliates, tiers
from storage.worker import GiveUpError


@letter("tier_reached")
async def of_tier(asked: Asked) -> dict[str, Any]:
    """The terms that are the tier's own; empty where they are somebody else's."""
    affiliate = await affiliates.get(asked.session, UUID(asked.about["affiliate"]))
    tier = await tiers.get(asked.session, UUID(asked.about["tier"]))
    if affiliate is None or tier is None:
        raise GiveUpError("The tier that this mail is about is gone.")
    own_rate = affiliate.rate_bp is None and tier.rate_bp is not None
    minimum = tier.min_payout_cents
    return {
        "name": affiliate.name,
        "tier_name": tier.name,
        "rate": percent(tier.rate_bp or 0) if own_rate else "",
        "payout_minimum": "" if minimum is None else money(minimum, asked.program.currency),
        "perks": [asdict(perk_of(kept)) for kept in tier.perks],
    }
