"""The mails that tell affiliates of a contest, asked for part by part."""

from uuid import UUID

from domain import contest_news, effects
from outbox.registry import effect
from outbox.services import Services
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.CONTEST_MAILS)
async def ask_for_mails(job: Job[Effect], _services: Services) -> None:
    """Ask for the next part, in the transaction that finishes this one: nobody is mailed twice."""
    asked = job.row.payload
    after = UUID(asked["after"]) if asked["after"] else None
    async with job.transaction() as session:
        await contest_news.mail_part(session, UUID(asked["contest"]), asked["news"], after)
