"""Mails about partner pages."""

from typing import Any
from uuid import UUID

from domain import landing
from outbox.letters.registry import Asked, letter


@letter("landing_put_back", "landing_taken_down")
async def of_landing(asked: Asked) -> dict[str, Any]:
    """Which page it is, and why it was taken down, if it was."""
    found = await landing.view(asked.session, UUID(asked.about["landing"]))
    affiliate = found.affiliate
    return {
        "name": affiliate.name,
        "reason": found.page.taken_down_reason,
        "page_url": f"{asked.server.public_url}/partner/{found.page.slug}",
        "editor_url": f"{asked.server.public_url}/affiliate/dashboard/landing",
    }
