"""Codes that were made at once: their card, and the file below it."""

from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from bot import code_batches
from bot.cards.code_batches import batch_card
from domain import effects
from integrations import slack
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage.outbox import Effect
from storage.worker import Job

SOONEST, LATEST = 2, 300
"""Seconds between two looks at codes that are on their way."""


@effect(effects.CODE_BATCH)
async def show_code_batch(job: Job[Effect], services: Services) -> None:
    """Post how far codes made at once are, or bring it up to date; comes back until all is told."""
    subject, waited = UUID(job.row.payload["batch"]), job.row.payload["waited"]
    async with services.db.read() as session:
        batch = await code_batches.look(session, subject)

    async def go_on(session: AsyncSession) -> None:
        if batch.done:
            await effects.send_code_batch(session, subject)
            return
        # Longer and longer, for when the provider is down: then there is little to tell.
        wait = min(max(SOONEST, waited * 3 // 2), LATEST)
        due = clock.now() + timedelta(seconds=wait)
        await effects.show_code_batch(session, subject, due, waited=wait)

    await show_card(
        job,
        services,
        batch_card(batch),
        kind=cards.CODE_BATCH,
        subject=subject,
        since=batch.codes[0].created_at,
        then=go_on,
    )


@effect(effects.CODE_BATCH_FILE)
async def send_code_batch(job: Job[Effect], services: Services) -> None:
    """Put the file with codes made at once below their card, once."""
    subject = UUID(job.row.payload["batch"])
    async with services.db.read() as session:
        batch = await code_batches.look(session, subject)
        card = await cards.get(session, cards.CODE_BATCH, subject)
    if services.slack is None or card is None:
        return
    name = f"codes-{batch.name.lower()}-{len(batch.codes)}.csv"
    words = f"Codes {batch.name}-…, as they were at {job.row.asked_at:%Y-%m-%d %H:%M:%S} UTC."
    sent = job.row.tried_before and await slack.is_in_thread(
        services.slack, card.channel, card.message, words
    )
    if not sent:
        content = code_batches.sheet(batch)
        await slack.upload(
            services.slack, card.channel, card.message, name=name, content=content, words=words
        )
