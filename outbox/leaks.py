"""The card of a discount code that may have leaked."""

from uuid import UUID

from bot.cards.leaks import leak_card
from domain import effects, leaks
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.LEAK_CARD)
async def show_leak(job: Job[Effect], services: Services) -> None:
    """Post the card of a leak, or bring the posted one up to date."""
    subject = UUID(job.row.payload["leak"])
    async with services.db.read() as session:
        view = await leaks.view(session, subject)
    await show_card(
        job,
        services,
        leak_card(view),
        kind=cards.LEAK,
        subject=subject,
        since=view.leak.flagged_at,
    )
