"""Cards and notices in the operators' channel."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from bot import code_batches
from bot.cards.applications import application_card
from bot.cards.blocks import Message
from bot.cards.charts import plainer
from bot.cards.code_batches import batch_card
from bot.cards.digest import digest_card
from bot.cards.landing import landing_card
from bot.cards.leaks import leak_card
from bot.cards.notices import notice
from bot.cards.payouts import payout_card
from bot.cards.taxes import tax_form_card
from domain import applications, effects, landing, leaks, payout_views, taxes
from domain.digest import Week, digest
from integrations import slack
from integrations.errors import TransportError
from outbox.registry import effect
from outbox.services import Services
from storage import cards, outbox
from storage.cards import Card
from storage.outbox import Effect
from storage.worker import Job

SOONEST, LATEST = 2, 300
"""Seconds between two looks at codes that are on their way."""

Blocks = list[dict[str, Any]]


@effect(effects.APPLICATION_CARD)
async def show_application(job: Job[Effect], services: Services) -> None:
    """Post the card of an application, or bring the posted one up to date."""
    subject = UUID(job.row.payload["application"])
    async with services.db.read() as session:
        view = await applications.view(session, subject)
    await show_card(
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
    await show_card(
        job,
        services,
        payout_card(view),
        kind=cards.PAYOUT,
        subject=subject,
        since=view.payout.requested_at,
    )


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


@effect(effects.LANDING_CARD)
async def show_landing(job: Job[Effect], services: Services) -> None:
    """Post the card of a partner page, or bring one of them up to date."""
    subject = UUID(job.row.payload["card"])
    async with services.db.read() as session:
        view = await landing.view(session, UUID(job.row.payload["landing"]))
    await show_card(
        job,
        services,
        landing_card(view, services.settings.public_url, latest=view.page.card == subject),
        kind=cards.LANDING,
        subject=subject,
        since=view.page.announced_at or view.page.created_at,
    )


@effect(effects.LEAK_CARD)
async def show_leak(job: Job[Effect], services: Services) -> None:
    """Post the card of a leak, or bring the posted one up to date."""
    subject = UUID(job.row.payload["leak"])
    async with services.db.read() as session:
        view = await leaks.view(session, subject)
    await show_card(
        job,
        services,
        leak_card(view),
        kind=cards.LEAK,
        subject=subject,
        since=view.leak.flagged_at,
    )


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


@effect(effects.DIGEST)
async def post_digest(job: Job[Effect], services: Services) -> None:
    """Post the summary of a week."""
    if services.slack is None:
        return
    week = Week.named(job.row.payload["week"])
    async with services.db.read() as session:
        text, blocks = digest_card(await digest(session, week))
    await _post_once(
        job,
        services.slack,
        services.settings.slack_channel,
        text,
        blocks,
        kind="digest",
        key=str(week),
        since=job.row.asked_at,
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
        await _update(services.slack, card.channel, card.message, text, blocks)
        if then is not None:
            async with job.transaction() as session:
                await then(session)
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
        if then is not None:
            await then(session)


async def _update(
    client: AsyncWebClient, channel: str, message: str, text: str, blocks: Blocks
) -> None:
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
