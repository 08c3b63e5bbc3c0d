"""The links that an affiliate keeps: named, changed, put away and brought back."""

from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.links import page_of, safe_target, tidy_tag, within
from domain.texts import keepable
from storage import saved_links as rows
from storage.locks import take_turn
from storage.saved_links import SavedLink

NAME_MAX: Final = 80
KEPT_MAX: Final = 200


async def save(
    session: AsyncSession,
    affiliate_id: UUID,
    *,
    name: str,
    to: str,
    tag: str,
    utm: bool,
    product_url: str,
    hosts: tuple[str, ...] = (),
) -> SavedLink:
    """Keep a link. Raises `InvalidError` for a name or target that cannot be used.

    `ConflictError` where one with this tag and page is kept already: clicks could not tell them
    apart.
    """
    target = safe_target(to, product_url, hosts)
    made = SavedLink(
        affiliate_user_id=affiliate_id,
        name=_name(name),
        to=within(target, product_url),
        page=page_of(target),
        source_tag=tidy_tag(tag),
        utm=utm,
    )
    await _require_room(session, made)
    session.add(made)
    return made


async def rename(session: AsyncSession, affiliate_id: UUID, link_id: UUID, name: str) -> SavedLink:
    """Give a link another name."""
    link = await _kept(session, affiliate_id, link_id)
    link.name = _name(name)
    session.add(link)
    return link


async def delete(session: AsyncSession, affiliate_id: UUID, link_id: UUID) -> SavedLink:
    """Put a link away; what was posted with it works on. Doing it again changes nothing."""
    link = await _kept(session, affiliate_id, link_id, deleted=True)
    link.deleted_at = link.deleted_at or clock.now()
    session.add(link)
    return link


async def restore(session: AsyncSession, affiliate_id: UUID, link_id: UUID) -> SavedLink:
    """Bring a link back that was deleted, unless another took its tag and page meanwhile."""
    link = await _kept(session, affiliate_id, link_id, deleted=True)
    if link.deleted_at is not None:
        await _require_room(session, link)
        link.deleted_at = None
        session.add(link)
    return link


async def _kept(
    session: AsyncSession, affiliate_id: UUID, link_id: UUID, *, deleted: bool = False
) -> SavedLink:
    await take_turn(session, f"saved links of {affiliate_id}")
    link = await rows.get(session, affiliate_id, link_id)
    if link is None or (link.deleted_at is not None and not deleted):
        raise NotFoundError("This link is not among your saved ones any more.")
    return link


async def _require_room(session: AsyncSession, link: SavedLink) -> None:
    await take_turn(session, f"saved links of {link.affiliate_user_id}")
    twin = await rows.with_origin(session, link.affiliate_user_id, link.source_tag, link.page)
    if twin is not None:
        tagged = f"the tag {link.source_tag}" if link.source_tag else "no tag"
        raise ConflictError(
            f"You keep a link to {link.page} with {tagged} already: {twin.name}. "
            "Choose another tag, so that their clicks can be told apart."
        )
    if await rows.count(session, link.affiliate_user_id) >= KEPT_MAX:
        raise ConflictError(f"You keep {KEPT_MAX} links. Delete one that you do not need any more.")


def _name(text: str) -> str:
    name = " ".join(keepable(text).split())
    if not name or len(name) > NAME_MAX:
        sentence = f"Give the link a name of at most {NAME_MAX} characters."
        raise InvalidError(sentence, {"name": sentence})
    return name
