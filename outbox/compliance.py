"""Cases of violations in the operators' channel: a card each, and what is new below it."""

from uuid import UUID

from bot.cards.compliance import answer_note, case_card, violation_note
from domain import compliance_cases, effects
from integrations import slack
from outbox.registry import effect
from outbox.services import Services
from outbox.slack import show_card
from storage import cards
from storage import compliance as rows
from storage.outbox import Effect
from storage.worker import Job


@effect(effects.CASE_CARD)
async def show_case(job: Job[Effect], services: Services) -> None:
    """Post the card of a case, or bring the posted one up to date."""
    subject = UUID(job.row.payload["case"])
    async with services.db.read() as session:
        view = await compliance_cases.view(session, subject)
    card = case_card(view)
    since = view.case.opened_at
    await show_card(job, services, card, kind=cards.CASE, subject=subject, since=since)


@effect(effects.CASE_NOTE)
async def post_note(job: Job[Effect], services: Services) -> None:
    """Say below the card of a case what was added, once. It stands in line behind the card."""
    about = job.row.payload
    async with services.db.read() as session:
        view = await compliance_cases.view(session, UUID(about["case"]))
        card = await cards.get(session, cards.CASE, view.case.id)
        if "answer" in about:
            answer = await rows.get_answer(session, UUID(about["answer"]))
            message = answer_note(view.affiliate, answer) if answer else None
        else:
            violation = await rows.get_violation(session, UUID(about["violation"]))
            message = violation_note(violation) if violation else None
    if services.slack is None or card is None or message is None:
        return
    text, blocks = message
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
