"""Posts from draft to published: kept, changed, handed to the posting service, marked as done."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.promo_channels import CHANNELS, Channel
from domain.promo_checks import Post, require_publishable
from domain.texts import keepable
from storage import promo as rows
from storage.locks import take_turn
from storage.promo import DRAFT, FAILED, PUBLISHED, SCHEDULED, PromoPost

DRAFTS_MAX: Final = 100
TEXT_MAX: Final = 20_000
AHEAD_MAX: Final = timedelta(days=180)
_SOON: Final = timedelta(minutes=1)
_LOOK_AFTER: Final = timedelta(minutes=2)
_OPEN: Final = frozenset({DRAFT, FAILED})
GONE: Final = "This post is not among yours any more."


async def own(
    session: AsyncSession, affiliate_id: UUID, post_id: UUID, *, lock: bool = False
) -> PromoPost:
    """A post of this affiliate's. Raises `NotFoundError`."""
    post = await rows.get(session, post_id, lock=lock)
    if post is None or post.affiliate_user_id != affiliate_id:
        raise NotFoundError(GONE)
    return post


async def add(
    session: AsyncSession,
    affiliate_id: UUID,
    post: Post,
    *,
    tone: str,
    about: str,
    seed: int,
    source: str,
    instead_of: UUID | None = None,
) -> PromoPost:
    """Keep a text that was just written as a draft.

    It takes the place of the draft `instead_of`, unless its author put work into that one.
    """
    await take_turn(session, f"promo posts of {affiliate_id}")
    kept = await rows.get(session, instead_of, lock=True) if instead_of else None
    if (
        kept is None
        or kept.affiliate_user_id != affiliate_id
        or kept.edited
        or kept.status != DRAFT
    ):
        if await rows.count(session, affiliate_id, DRAFT) >= DRAFTS_MAX:
            raise ConflictError(f"You keep {DRAFTS_MAX} drafts. Delete those you do not need.")
        kept = PromoPost(affiliate_user_id=affiliate_id, channel="", tone="", text="")
    kept.channel, kept.tone, kept.about = post.channel.slug, tone, about
    kept.title, kept.text = post.title, post.text
    kept.seed, kept.source, kept.updated_at = seed, source, clock.now()
    session.add(kept)
    return kept


async def save(
    session: AsyncSession, affiliate_id: UUID, post_id: UUID, *, title: str, text: str
) -> PromoPost:
    """Keep what its author wrote, finished or not."""
    post = await _open(session, affiliate_id, post_id)
    return _write(session, post, title, text)


async def hand_over(
    session: AsyncSession,
    affiliate_id: UUID,
    post_id: UUID,
    written: Post,
    *,
    actor: Actor,
    at: datetime | None = None,
) -> PromoPost:
    """Have the posting service publish a post, at once or `at` a moment.

    Raises `InvalidError` for a post that breaks a rule, and for a moment that cannot be used.
    """
    if not written.channel.hand_over:
        raise InvalidError(f"{written.channel.name} can only be posted by hand.")
    require_publishable(written)
    _require_moment(at)
    post = await _open(session, affiliate_id, post_id)
    _write(session, post, written.title, written.text)
    post.status, post.scheduled_at, post.problem, post.external_id = SCHEDULED, at, "", ""
    await effects.publish_post(session, post.id)
    when = {"at": at.isoformat()} if at else {}
    await record(
        session, actor, "post.handed_over", f"post:{post.id}", channel=post.channel, **when
    )
    return post


async def mark_posted(
    session: AsyncSession,
    affiliate_id: UUID,
    post_id: UUID,
    written: Post,
    *,
    actor: Actor,
) -> PromoPost:
    """Note that its author posted it by hand, as it stands. Raises `InvalidError`."""
    require_publishable(written)
    post = await _open(session, affiliate_id, post_id)
    _write(session, post, written.title, written.text)
    post.status, post.published_at, post.problem = PUBLISHED, clock.now(), ""
    await record(session, actor, "post.published", f"post:{post.id}", channel=post.channel)
    return post


async def delete(session: AsyncSession, affiliate_id: UUID, post_id: UUID) -> None:
    """Throw a draft away, or one that failed."""
    await session.delete(await _open(session, affiliate_id, post_id))


async def taken(session: AsyncSession, post_id: UUID, external_id: str, *, published: bool) -> None:
    """Note what the posting service did with a post; while it waits there, look again later."""
    post = await rows.get(session, post_id, lock=True)
    if post is None or post.status != SCHEDULED:
        return
    if post.external_id != external_id:
        post.external_id, post.updated_at = external_id, clock.now()
    if published:
        post.status, post.published_at = PUBLISHED, clock.now()
    else:
        due = max(post.scheduled_at or clock.now(), clock.now()) + _LOOK_AFTER
        await effects.publish_post(session, post.id, due)
    session.add(post)


async def refused(session: AsyncSession, post_id: UUID, reason: str) -> None:
    """Note that a post will not be published; its author may change it and try again."""
    post = await rows.get(session, post_id, lock=True)
    if post is None or post.status != SCHEDULED:
        return
    post.status, post.problem, post.updated_at = FAILED, keepable(reason), clock.now()
    session.add(post)


def channel_of(post: PromoPost) -> Channel:
    """Where a post is for."""
    return CHANNELS[post.channel]


async def _open(session: AsyncSession, affiliate_id: UUID, post_id: UUID) -> PromoPost:
    """A post that may still be changed, held until the transaction ends."""
    post = await own(session, affiliate_id, post_id, lock=True)
    if post.status not in _OPEN:
        raise ConflictError("This post is on its way or published, so it cannot be changed.")
    return post


def _write(session: AsyncSession, post: PromoPost, title: str, text: str) -> PromoPost:
    title, text = " ".join(keepable(title).split()), keepable(text).strip()
    if len(text) > TEXT_MAX or len(title) > TEXT_MAX:
        sentence = f"Keep the text under {TEXT_MAX} characters."
        raise InvalidError(sentence, {"text": sentence})
    if (title, text) != (post.title, post.text):
        post.title, post.text, post.edited = title, text, True
        post.updated_at = clock.now()
    session.add(post)
    return post


def _require_moment(at: datetime | None) -> None:
    if at is None:
        return
    now = clock.now()
    if not now + _SOON <= at <= now + AHEAD_MAX:
        sentence = f"Choose a moment in the next {AHEAD_MAX.days} days, a minute from now or later."
        raise InvalidError(sentence, {"when": sentence})
