"""The summary of a week in the operators' channel."""

from bot.cards.digest import digest_card
from domain import effects
from domain.digest import Week, digest
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import post_once
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.DIGEST)
async def post_digest(job: Job[Effect], services: Services) -> None:
    """Post the summary of a week."""
    if services.slack is None:
        return
    week = Week.named(job.row.payload["week"])
    async with services.db.read() as session:
        text, blocks = digest_card(await digest(session, week))
    await post_once(
        job,
        services.slack,
        services.settings.slack_channel,
        text,
        blocks,
        kind="digest",
        key=str(week),
        since=job.row.asked_at,
    )
