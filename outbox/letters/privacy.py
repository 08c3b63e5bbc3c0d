"""Mails about what is kept of somebody."""

from typing import Any
from uuid import UUID

from domain.erasure import DONE
from outbox.letters.registry import Asked, letter
from storage import erasures
from storage.worker import GiveUpError


@letter(DONE, "erasure_refused")
async def of_erasure(asked: Asked) -> dict[str, Any]:
    """What became of the request; no name, which is gone where it was granted."""
    erasure = await erasures.get(asked.session, UUID(asked.about["erasure"]))
    if erasure is None:
        raise GiveUpError("The request that this mail is about is gone.")
    return {
        "reason": erasure.reason,
        "asked_on": f"{erasure.asked_at.day} {erasure.asked_at:%B %Y}",
        "privacy_url": f"{asked.server.public_url}/privacy",
        "tax_years": asked.program.tax_retention_years,
    }
