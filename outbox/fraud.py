"""Fraud scores, found outside of what asks for them, and the cards of pauses with their appeals."""

from uuid import UUID

from bot.cards.fraud import appeal_note, fraud_card
from domain import effects, fraud, fraud_decisions
from integrations import slack
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage import fraud as rows
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.FRAUD_SCORE)
async def find_score(job: Job[Effect], _services: Services) -> None:
    """Find the score of an affiliate as of now, and do what follows from it."""
    async with job.transaction() as session:
        about = job.row.payload
        await fraud.score(session, UUID(about["affiliate"]), about["because"])


@effect(effects.FRAUD_CARD)
async def show_fraud(job: Job[Effect], services: Services) -> None:
    """Post the card of a pause, or bring the posted one up to date."""
    subject = UUID(job.row.payload["flag"])
    async with services.db.read() as session:
        view = await fraud_decisions.view(session, subject)
    card = fraud_card(view)
    since = view.flag.flagged_at
    await show_card(job, services, card, kind=cards.FRAUD, subject=subject, since=since)


@effect(effects.FRAUD_NOTE)
async def post_appeal(job: Job[Effect], services: Services) -> None:
    """Say below the card what the affiliate says, once, with the same buttons."""
    about = job.row.payload
    async with services.db.read() as session:
        view = await fraud_decisions.view(session, UUID(about["flag"]))
        card = await cards.get(session, cards.FRAUD, view.flag.id)
        appeal = await rows.get_appeal(session, UUID(about["appeal"]))
    if services.slack is None or card is None or appeal is None:
        return
    text, blocks = appeal_note(view, appeal)
    if job.row.tried_before and await slack.is_in_thread(
        services.slack, card.channel, card.message, text
    ):
        return
    await slack.call(
        services.slack,
        "chat.postMessage",
        channel=card.channel,
        thread_ts=card.message,
        text=text,
        blocks=blocks,
        unfurl_links=False,
    )
