"""The cards of a partner page in the operators' channel."""

from uuid import UUID

from bot.cards.landing import landing_card
from domain import effects, landing
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.LANDING_CARD)
async def show_landing(job: Job[Effect], services: Services) -> None:
    """Post the card of a partner page, or bring one of them up to date."""
    subject = UUID(job.row.payload["card"])
    async with services.db.read() as session:
        view = await landing.view(session, UUID(job.row.payload["landing"]))
    await show_card(
        job,
        services,
        landing_card(view, services.settings.public_url, latest=view.page.card == subject),
        kind=cards.LANDING,
        subject=subject,
        since=view.page.announced_at or view.page.created_at,
    )
