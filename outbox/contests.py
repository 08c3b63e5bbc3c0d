"""The card of a contest that has ended, and the mails about contests, asked for part by part."""

from uuid import UUID

from bot.cards.contests import contest_card
from domain import contest_news, contest_winners, effects
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.CONTEST_CARD)
async def show_contest(job: Job[Effect], services: Services) -> None:
    """Post the card of a contest that has ended, or bring the posted one up to date."""
    subject = UUID(job.row.payload["contest"])
    async with services.db.read() as session:
        view = await contest_winners.view(session, subject)
    await show_card(
        job,
        services,
        contest_card(view),
        kind=cards.CONTEST,
        subject=subject,
        since=view.contest.end_date,
    )


@effect(effects.CONTEST_MAILS)
async def ask_for_mails(job: Job[Effect], _services: Services) -> None:
    """Ask for the next part, in the transaction that finishes this one: nobody is mailed twice."""
    asked = job.row.payload
    after = UUID(asked["after"]) if asked["after"] else None
    async with job.transaction() as session:
        await contest_news.mail_part(session, UUID(asked["contest"]), asked["news"], after)
