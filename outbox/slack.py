"""How messages reach the operators' channel once, whatever crashes; and plain notices."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.blocks import Message
from bot.cards.charts import plainer
from bot.cards.notices import notice
from domain import effects
from integrations import slack
from integrations.errors import TransportError
from outbox.registry import effect
from outbox.services import Services
from storage import cards, outbox
from storage.cards import Card
from storage.outbox import Effect
from storage.worker import Job

Blocks = list[dict[str, Any]]


@effect(effects.NOTICE)
async def post_notice(job: Job[Effect], services: Services) -> None:
    """Post a plain notice."""
    if services.slack is None:
        return
    text, blocks = notice(job.row.payload["text"])
    await post_once(
        job,
        services.slack,
        services.settings.slack_channel,
        text,
        blocks,
        kind="notice",
        key=str(job.row.id),
        since=job.row.asked_at,
    )


async def show_card(
    job: Job[Effect],
    services: Services,
    message: Message,
    *,
    kind: str,
    subject: UUID,
    since: datetime,
    then: Callable[[AsyncSession], Awaitable[None]] | None = None,
) -> None:
    """Post the card of a subject and remember where, or update the one that is there.

    `then` asks for what follows, in the transaction that finishes the job.
    """
    if services.slack is None:
        return
    text, blocks = message
    async with services.db.read() as session:
        card = await cards.get(session, kind, subject)
    if card is not None:
        await update_card(services.slack, card.channel, card.message, text, blocks)
        if then is not None:
            async with job.transaction() as session:
                await then(session)
        return
    channel, posted = await post_once(
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
        if then is not None:
            await then(session)


async def update_card(
    client: AsyncWebClient, channel: str, message: str, text: str, blocks: Blocks
) -> None:
    """Have a posted message show this instead."""
    await _write(client, "chat.update", blocks, channel=channel, ts=message, text=text)


async def _write(
    client: AsyncWebClient, method: str, blocks: Blocks, **arguments: Any
) -> dict[str, Any]:
    """Post or update; in plainer blocks where Slack does not take the young ones."""
    try:
        return await slack.call(client, method, blocks=blocks, **arguments)
    except TransportError as error:
        plain = plainer(blocks)
        if error.code != "invalid_blocks" or plain == blocks:
            raise
        return await slack.call(client, method, blocks=plain, **arguments)


async def post_once(
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
            await update_card(client, *found, text, blocks)
            return found
    posted = await _write(
        client,
        "chat.postMessage",
        blocks,
        channel=channel,
        text=text,
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
