"""Mails about milestones."""

from typing import Any
from uuid import UUID

from domain.money import money
from outbox.letters.registry import Asked, letter
from storage import affiliates, milestones
from storage.worker import GiveUpError


@letter("milestone_reached")
async def of_award(asked: Asked) -> dict[str, Any]:
    """The bonus as it was awarded, and the day from which it is free."""
    affiliate = await affiliates.get(asked.session, UUID(asked.about["affiliate"]))
    award = await milestones.award(asked.session, UUID(asked.about["award"]))
    if affiliate is None or award is None:
        raise GiveUpError("The milestone that this mail is about is gone.")
    milestone = await milestones.get(asked.session, award.milestone_id)
    held = award.available_at > award.awarded_at
    return {
        "name": affiliate.name,
        "milestone_name": award.name,
        "description": milestone.description if milestone else "",
        "referrals": award.referral_threshold,
        "bonus": money(award.bonus_amount_cents, award.currency),
        "available": f"{award.available_at:%d %B %Y}".lstrip("0") if held else "",
    }
