"""The card of a tax form in the operators' channel."""

from uuid import UUID

from bot.cards.taxes import tax_form_card
from domain import effects, taxes
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.TAX_CARD)
async def show_tax_form(job: Job[Effect], services: Services) -> None:
    """Post the card of a tax form, or bring the posted one up to date."""
    subject = UUID(job.row.payload["tax_form"])
    async with services.db.read() as session:
        view = await taxes.view(session, subject)
    await show_card(
        job,
        services,
        tax_form_card(view),
        kind=cards.TAX_FORM,
        subject=subject,
        since=view.form.submitted_at,
    )
