"""What an erasure asks of the outside: its card, other cards without names, the directory."""

from uuid import UUID

from bot.cards.notices import notice
from bot.cards.privacy import erasure_card
from domain import effects, erasure
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card, update_card
from storage import cards, outbox
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.ERASURE_CARD)
async def show_erasure(job: Job[Effect], services: Services) -> None:
    """Post the card of a request, or bring the posted one up to date."""
    subject = UUID(job.row.payload["erasure"])
    async with services.db.read() as session:
        view = await erasure.view(session, subject)
    await show_card(
        job,
        services,
        erasure_card(view),
        kind=cards.ERASURE,
        subject=subject,
        since=view.erasure.asked_at,
    )


@effect(effects.CARD_WIPE)
async def wipe_card(job: Job[Effect], services: Services) -> None:
    """Have a card say that what it showed was erased."""
    if services.slack is None:
        return
    async with services.db.read() as session:
        card = await cards.get(session, job.row.payload["card"], UUID(job.row.payload["subject"]))
    if card is not None:
        text, blocks = notice("This was about an affiliate whose personal data was erased.")
        await update_card(services.slack, card.channel, card.message, text, blocks)


@effect(effects.DIRECTORY_FORGET)
async def forget_in_directory(job: Job[Effect], services: Services) -> None:
    """Remove our metadata of somebody, and then the address by which they were looked for."""
    asked = job.row.payload
    if services.clerk is not None:
        user_id = asked["user"]
        if not user_id:
            user = await services.clerk.find_user_by_email(asked["email"])
            user_id = user.id if user else ""
        if user_id:
            patch = {services.settings.clerk_namespace: {"affiliate": None}}
            await services.clerk.merge_private_metadata(user_id, patch)
    async with job.transaction() as session:
        await outbox.overwrite(session, job.row.id, {"user": "", "email": ""})
