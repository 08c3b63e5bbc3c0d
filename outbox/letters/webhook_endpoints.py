"""Mails about endpoints of webhooks."""

from typing import Any
from uuid import UUID

from outbox.letters.registry import Asked, letter
from storage import affiliates
from storage import webhook_endpoints as rows
from storage.worker import GiveUpError


@letter("webhook_off")
async def of_endpoint(asked: Asked) -> dict[str, Any] | None:
    """Why nothing is sent there; no mail if it was switched on again meanwhile."""
    affiliate = await affiliates.get(asked.session, UUID(asked.about["affiliate"]))
    endpoint = await rows.get(asked.session, UUID(asked.about["endpoint"]))
    if affiliate is None or endpoint is None:
        raise GiveUpError("The endpoint that this mail is about is gone.")
    if endpoint.status != rows.OFF or not endpoint.off_because:
        return None
    return {
        "name": affiliate.name,
        "url": endpoint.url,
        "why": endpoint.off_because,
        "webhooks_url": f"{asked.server.public_url}/affiliate/dashboard/webhooks",
    }
