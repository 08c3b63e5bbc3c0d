"""The card of an application in the operators' channel."""

from uuid import UUID

from bot.cards.applications import application_card
from domain import applications, effects
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.APPLICATION_CARD)
async def show_application(job: Job[Effect], services: Services) -> None:
    """Post the card of an application, or bring the posted one up to date."""
    subject = UUID(job.row.payload["application"])
    async with services.db.read() as session:
        view = await applications.view(session, subject)
    await show_card(
        job,
        services,
        application_card(view),
        kind=cards.APPLICATION,
        subject=subject,
        since=view.application.submitted_at,
    )
