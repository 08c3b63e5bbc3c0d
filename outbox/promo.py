"""Affiliates' posts, handed to PassivePost once, and followed until they are out."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import clock
from domain import effects, promo_posts
from domain.statuses import Status
from integrations.errors import TransportError
from integrations.passivepost import FAILED, PUBLISHED, REFUSALS, PassivePost, Posted
from outbox.registry import effect
from outbox.services import Services
from storage import affiliates
from storage import promo as rows
from storage.outbox import Effect
from storage.promo import SCHEDULED, PromoPost
from storage.worker import GiveUpError, Job

_OVERDUE: Final = timedelta(days=1)


@effect(effects.PROMO_POST)
async def publish(job: Job[Effect], services: Services) -> None:
    """Hand a post over, or look what became of it; the effect's id is the idempotency key.

    What its author can mend ends the post as failed; a refusal that concerns the key or the
    service waits for an operator.
    """
    post_id = UUID(job.row.payload["post"])
    async with services.db.read() as session:
        post = await rows.get(session, post_id)
        author = await affiliates.get(session, post.affiliate_user_id) if post else None
    if post is None or author is None or post.status != SCHEDULED:
        return
    if services.passivepost is None:
        raise GiveUpError("PassivePost is not connected, so nothing was published.")
    if not post.external_id and author.status != Status.APPROVED:
        told = Posted("", FAILED, "Your membership was not active when it was to be published.")
    else:
        told = await _told(services.passivepost, post, author.email, str(job.row.id))
    if told.status == SCHEDULED and _is_overdue(post):
        told = Posted(told.id, FAILED, "PassivePost still had not published it after a day.")
    async with job.transaction() as session:
        if told.status == FAILED:
            problem = told.problem or "PassivePost gave no reason."
            await promo_posts.refused(session, post_id, problem)
        else:
            out = told.status == PUBLISHED
            await promo_posts.taken(session, post_id, told.id, published=out)


async def _told(passivepost: PassivePost, post: PromoPost, email: str, key: str) -> Posted:
    if post.external_id:
        return await passivepost.look(post.external_id)
    try:
        return await passivepost.publish(
            author_email=email,
            channel=post.channel,
            text=post.text,
            scheduled_at=post.scheduled_at,
            idempotency_key=key,
        )
    except TransportError as error:
        if error.code not in REFUSALS:
            raise
        return Posted("", FAILED, str(error))


def _is_overdue(post: PromoPost) -> bool:
    """Whether it should have been out a day ago."""
    due = post.scheduled_at or post.updated_at
    return bool(post.external_id) and clock.now() - due > _OVERDUE
