"""The card of a payout in the operators' channel."""

from uuid import UUID

from bot.cards.payouts import payout_card
from domain import effects, payout_views
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.PAYOUT_CARD)
async def show_payout(job: Job[Effect], services: Services) -> None:
    """Post the card of a payout, or bring the posted one up to date."""
    subject = UUID(job.row.payload["payout"])
    async with services.db.read() as session:
        view = await payout_views.view(session, subject)
    await show_card(
        job,
        services,
        payout_card(view),
        kind=cards.PAYOUT,
        subject=subject,
        since=view.payout.requested_at,
    )
