"""Mails about an application."""

from typing import Any
from uuid import UUID

from outbox.letters.registry import Asked, letter
from storage import applications
from storage.worker import GiveUpError


@letter("application_received", "application_rejected")
async def of_application(asked: Asked) -> dict[str, Any]:
    """What became of an application, and how long it takes."""
    application = await applications.get(asked.session, UUID(asked.about["application"]))
    if application is None:
        raise GiveUpError("The application that this mail is about is gone.")
    days = asked.program.review_days
    return {
        "name": application.name or application.email,
        "reason": application.decision_reason,
        "requested_code": application.requested_code,
        "review_time": f"{days} day{'s' * (days != 1)}" if days else "",
    }
