"""Resources: what operators give affiliates to share, and how affiliates get to see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.asset_content import SEARCH_MAX, TYPES, Wish, checked, content_of
from domain.asset_starters import STARTERS
from domain.audit import Actor, record
from domain.errors import ConflictError, NotFoundError
from domain.program_values import fill_in
from domain.texts import keepable
from storage import assets as rows
from storage.assets import ARCHIVED, DRAFT, PUBLISHED, Asset, AssetContent, AssetFile, AssetVersion
from storage.locks import take_turn

FRESH: Final = timedelta(days=14)
"""So long something is new, or updated."""

_NONE: Final = "There is no such resource any more."


@dataclass(frozen=True, slots=True)
class Filled:
    """A resource with an affiliate's own words in it. `badge` is New, Updated or empty."""

    asset: Asset
    title: str
    body: str
    badge: str


async def create(session: AsyncSession, wish: Wish, actor: Actor) -> Asset:
    """Make a resource. Raises `InvalidError`, by field, for what cannot be used."""
    await take_turn(session, "resources")
    made = await _write(session, Asset(asset_type="", title=""), wish, actor)
    await record(session, actor, "asset.created", f"asset:{made.id}", title=made.title)
    return made


async def edit(
    session: AsyncSession, asset_id: UUID, wish: Wish, version: int, actor: Actor
) -> Asset:
    """Change a resource of which `version` was seen.

    Raises `ConflictError` where somebody else saved it meanwhile, and `InvalidError`.
    """
    await take_turn(session, "resources")
    asset = await _locked(session, asset_id)
    if asset.version != version:
        latest = (await rows.versions(session, asset_id, 1))[0]
        raise ConflictError(
            f"{latest.saved_by} saved version {asset.version} meanwhile. Open it again: nothing of "
            "theirs was overwritten."
        )
    before = asset.version
    await _write(session, asset, wish, actor)
    detail = {"version": [before, asset.version], "status": asset.status}
    await record(session, actor, "asset.edited", f"asset:{asset.id}", **detail)
    return asset


async def publish(session: AsyncSession, asset_id: UUID, actor: Actor) -> Asset:
    """Show a resource to affiliates, also one that was archived. Twice changes nothing."""
    return await _move(session, asset_id, PUBLISHED, actor)


async def archive(session: AsyncSession, asset_id: UUID, actor: Actor) -> Asset:
    """Put a resource away: no affiliate sees it, and publishing brings it back."""
    return await _move(session, asset_id, ARCHIVED, actor)


async def restore(session: AsyncSession, asset_id: UUID, version: int, actor: Actor) -> Asset:
    """Make an old version the newest. Raises `NotFoundError`; with the newest nothing changes."""
    asset = await _locked(session, asset_id)
    old = await rows.version(session, asset_id, version)
    if old is None:
        raise NotFoundError("There is no such version.")
    if content_of(old) != content_of(asset):
        await _save(session, asset, content_of(old), actor)
        detail = {"restored": version, "version": asset.version}
        await record(session, actor, "asset.restored", f"asset:{asset.id}", **detail)
    return asset


async def add_starters(session: AsyncSession, actor: Actor) -> int:
    """Add what is not yet there of the starter set, published; returns how many those were.

    One that was edited or archived since stays as it is.
    """
    await take_turn(session, "resources")
    known = await rows.starters(session)
    fresh = [one for one in STARTERS if one.name not in known]
    for one in fresh:
        asset = Asset(asset_type="", title="", starter=one.name)
        wish = Wish(one.asset_type, one.title, one.body)
        await _write(session, asset, wish, actor)
    if fresh:
        names = [one.name for one in fresh]
        await record(session, actor, "asset.starters_added", "assets", names=names)
    return len(fresh)


async def has_starters_left(session: AsyncSession) -> bool:
    """Whether some of the starter set was never added."""
    return bool({one.name for one in STARTERS} - await rows.starters(session))


async def view(session: AsyncSession, asset_id: UUID) -> Asset:
    """A resource as operators see it. Raises `NotFoundError`."""
    asset = await rows.get(session, asset_id)
    if asset is None:
        raise NotFoundError(_NONE)
    return asset


async def published(
    session: AsyncSession, words: Mapping[str, str], *, asset_type: str = "", text: str = ""
) -> list[Filled]:
    """What an affiliate sees, in the order of the types; `words` are what is filled in."""
    text = keepable(text).strip()[:SEARCH_MAX]
    found = await rows.find(session, (PUBLISHED,), asset_type=asset_type, text=text)
    return [filled(asset, words) for asset in in_order(found)]


async def published_file(session: AsyncSession, asset_id: UUID, name: str) -> tuple[str, AssetFile]:
    """The media type and the bytes of a file that affiliates may have. Raises `NotFoundError`."""
    asset = await rows.get(session, asset_id)
    if asset is None or asset.status != PUBLISHED or not asset.file_digest:
        raise NotFoundError(_NONE)
    file = await rows.file(session, asset.file_digest)
    if file is None or asset.file_name != name:
        raise NotFoundError(_NONE)
    return asset.media_type, file


def in_order(found: Sequence[Asset]) -> list[Asset]:
    """Resources as they are listed: type by type."""
    places = {name: place for place, name in enumerate(TYPES)}
    return sorted(found, key=lambda one: places[one.asset_type])


def filled(asset: Asset, words: Mapping[str, str]) -> Filled:
    """A resource with its blanks filled in."""
    return Filled(asset, fill_in(asset.title, words), fill_in(asset.body, words), _badge(asset))


def _badge(asset: Asset) -> str:
    now, first = clock.now(), asset.published_at
    if first is not None and now - first < FRESH:
        return "New"
    return "Updated" if asset.version > 1 and now - asset.changed_at < FRESH else ""


async def _move(session: AsyncSession, asset_id: UUID, status: str, actor: Actor) -> Asset:
    asset = await _locked(session, asset_id)
    if asset.status != status:
        asset.status = status
        _seen_first(asset)
        session.add(asset)
        await record(session, actor, f"asset.{status}", f"asset:{asset.id}", title=asset.title)
    return asset


async def _locked(session: AsyncSession, asset_id: UUID) -> Asset:
    asset = await rows.get(session, asset_id, lock=True)
    if asset is None:
        raise NotFoundError(_NONE)
    return asset


async def _write(session: AsyncSession, asset: Asset, wish: Wish, actor: Actor) -> Asset:
    content = checked(wish, asset)
    if wish.place is not None:
        asset.sort_order = wish.place
    elif asset.asset_type != content.asset_type:
        asset.sort_order = await rows.last_place(session, content.asset_type) + 1
    asset.status = PUBLISHED if wish.published else DRAFT
    _seen_first(asset)
    if wish.file is not None:
        await rows.put_file(session, wish.file.digest, wish.file.content)
    if not asset.title:
        asset.version = 0
        await _save(session, asset, content, actor)
    elif content != content_of(asset):
        await _save(session, asset, content, actor)
    session.add(asset)
    return asset


async def _save(session: AsyncSession, asset: Asset, content: AssetContent, actor: Actor) -> None:
    asset.sqlmodel_update(content)
    asset.version += 1
    asset.changed_at = clock.now()
    session.add(asset)
    # The version refers to the row, which therefore has to be there first.
    await session.flush()
    session.add(
        AssetVersion(
            **content.model_dump(),
            asset_id=asset.id,
            version=asset.version,
            saved_by=actor.name or actor.id,
        )
    )
    await session.flush()


def _seen_first(asset: Asset) -> None:
    if asset.status == PUBLISHED and asset.published_at is None:
        asset.published_at = clock.now()
