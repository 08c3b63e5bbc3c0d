"""Cards and notices in the operators' channel."""

from datetime import datetime
from typing import Any
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.applications import application_card
from bot.cards.blocks import Message
from bot.cards.notices import notice
from bot.cards.payouts import payout_card
from domain import applications, effects, payout_views
from integrations import slack
from outbox.registry import effect
from outbox.services import Services
from storage import cards, outbox
from storage.cards import Card
from storage.outbox import Effect
from storage.worker import Job

Blocks = list[dict[str, Any]]


@effect(effects.APPLICATION_CARD)
async def show_application(job: Job[Effect], services: Services) -> None:
    """Post the card of an application, or bring the posted one up to date."""
    subject = UUID(job.row.payload["application"])
    async with services.db.read() as session:
        view = await applications.view(session, subject)
    await _show_card(
        job,
        services,
        application_card(view),
        kind=cards.APPLICATION,
        subject=subject,
        since=view.application.submitted_at,
    )


@effect(effects.PAYOUT_CARD)
async def show_payout(job: Job[Effect], services: Services) -> None:
    """Post the card of a payout, or bring the posted one up to date."""
    subject = UUID(job.row.payload["payout"])
    async with services.db.read() as session:
        view = await payout_views.view(session, subject)
    await _show_card(
        job,
        services,
        payout_card(view),
        kind=cards.PAYOUT,
        subject=subject,
        since=view.payout.requested_at,
    )


@effect(effects.NOTICE)
async def post_notice(job: Job[Effect], services: Services) -> None:
    """Post a plain notice."""
    if services.slack is None:
        return
    text, blocks = notice(job.row.payload["text"])
    await _post_once(
        job,
        services.slack,
        services.settings.slack_channel,
        text,
        blocks,
        kind="notice",
        key=str(job.row.id),
        since=job.row.asked_at,
    )


async def _show_card(
    job: Job[Effect],
    services: Services,
    message: Message,
    *,
    kind: str,
    subject: UUID,
    since: datetime,
) -> None:
    """Post the card of a subject and remember where, or update the one that is there."""
    if services.slack is None:
        return
    text, blocks = message
    async with services.db.read() as session:
        card = await cards.get(session, kind, subject)
    if card is not None:
        await _update(services.slack, card.channel, card.message, text, blocks)
        return
    channel, posted = await _post_once(
        job,
        services.slack,
        services.settings.slack_channel,
        text,
        blocks,
        kind=kind,
        key=str(subject),
        since=since,
    )
    async with job.transaction() as session:
        session.add(Card(kind=kind, subject=subject, channel=channel, message=posted))


async def _update(
    client: AsyncWebClient, channel: str, message: str, text: str, blocks: Blocks
) -> None:
    await slack.call(client, "chat.update", channel=channel, ts=message, text=text, blocks=blocks)


async def _post_once(
    job: Job[Effect],
    client: AsyncWebClient,
    channel: str,
    text: str,
    blocks: Blocks,
    *,
    kind: str,
    key: str,
    since: datetime,
) -> tuple[str, str]:
    """Post a message, unless an attempt that could not say so had posted it.

    Returns its channel and its ts. What was found is brought up to date.
    """
    if await _may_be_posted(job):
        found = await slack.find_message(
            client, channel, kind=kind, key=key, since=since.timestamp()
        )
        if found is not None:
            await _update(client, *found, text, blocks)
            return found
    posted = await slack.call(
        client,
        "chat.postMessage",
        channel=channel,
        text=text,
        blocks=blocks,
        unfurl_links=False,
        metadata={"event_type": kind, "event_payload": {"id": key}},
    )
    return str(posted["channel"]), str(posted["ts"])


async def _may_be_posted(job: Job[Effect]) -> bool:
    """Whether an attempt was made before, by this effect or by one of its lane that was parked."""
    if job.row.tried_before:
        return True
    async with job.db.read() as session:
        return await outbox.was_given_up(session, job.row.lane)
