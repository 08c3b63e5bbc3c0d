"""Resources that affiliates share: texts, links and files, every saved version, and the bytes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

import clock
from storage.ids import new_id

DRAFT: Final = "draft"
PUBLISHED: Final = "published"
ARCHIVED: Final = "archived"


class AssetFile(SQLModel, table=True):
    """The bytes of a file, found by their SHA-256. Versions that have the same file share it."""

    __tablename__ = "affiliate_asset_files"

    digest: str = Field(primary_key=True)
    size: int
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=clock.now)


class AssetContent(SQLModel):
    """What a version says. `file_size` is in bytes; without a file `file_digest` is None."""

    asset_type: str
    title: str
    body: str = ""
    url: str = ""
    file_digest: str | None = Field(default=None, foreign_key="affiliate_asset_files.digest")
    file_name: str = ""
    media_type: str = ""
    file_size: int = 0


class Asset(AssetContent, table=True):
    """A resource as it is now. `starter` names the one of the starter set that it began as.

    Within a type the smallest `sort_order` stands first. `changed_at` is when its content was
    last saved, `published_at` when affiliates first saw it.
    """

    __tablename__ = "affiliate_assets"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sort_order: int = 0
    status: str = Field(default=DRAFT, index=True)
    version: int = 1
    starter: str | None = Field(default=None, unique=True)
    published_at: datetime | None = None
    changed_at: datetime = Field(default_factory=clock.now)
    created_at: datetime = Field(default_factory=clock.now)


class AssetVersion(AssetContent, table=True):
    """A resource as it was saved once."""

    __tablename__ = "affiliate_asset_versions"

    asset_id: UUID = Field(primary_key=True, foreign_key="affiliate_assets.id")
    version: int = Field(primary_key=True)
    saved_by: str
    saved_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, asset_id: UUID, *, lock: bool = False) -> Asset | None:
    """One resource; `lock` holds the row until the transaction ends."""
    return await session.get(Asset, asset_id, with_for_update=lock, populate_existing=lock)


async def find(
    session: AsyncSession,
    statuses: Sequence[str],
    *,
    asset_type: str = "",
    text: str = "",
    limit: int | None = None,
) -> Sequence[Asset]:
    """Resources in the order of their lists; `text` is looked for in title and body."""
    query = _like(statuses, asset_type, text)
    query = query.order_by(col(Asset.asset_type), col(Asset.sort_order), col(Asset.id))
    return (await session.exec(query.limit(limit))).all()


async def page(
    session: AsyncSession,
    *,
    before: UUID | None,
    limit: int,
    statuses: Sequence[str],
    asset_type: str = "",
    text: str = "",
) -> Sequence[Asset]:
    """Resources as `find` finds them, but the last made first, from below `before` on."""
    query = _like(statuses, asset_type, text).order_by(col(Asset.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Asset.id) < before)
    return (await session.exec(query)).all()


def _like(statuses: Sequence[str], asset_type: str, text: str) -> SelectOfScalar[Asset]:
    query = select(Asset).where(col(Asset.status).in_(statuses))
    if asset_type:
        query = query.where(Asset.asset_type == asset_type)
    if text:
        columns = (col(Asset.title), col(Asset.body))
        query = query.where(or_(*(one.icontains(text, autoescape=True) for one in columns)))
    return query


async def count(session: AsyncSession, statuses: Sequence[str]) -> dict[str, int]:
    """How many there are of each type."""
    query = (
        select(Asset.asset_type, func.count())
        .where(col(Asset.status).in_(statuses))
        .group_by(Asset.asset_type)
    )
    return dict((await session.exec(query)).all())


async def last_place(session: AsyncSession, asset_type: str) -> int:
    """The largest `sort_order` of a type; 0 where there is none."""
    query = select(func.max(Asset.sort_order)).where(Asset.asset_type == asset_type)
    return (await session.exec(query)).one() or 0


async def starters(session: AsyncSession) -> set[str]:
    """The names of the starter set that were added already."""
    query = select(Asset.starter).where(col(Asset.starter).is_not(None))
    return {name for name in await session.exec(query) if name}


async def versions(session: AsyncSession, asset_id: UUID, limit: int) -> Sequence[AssetVersion]:
    """The latest versions of a resource, the newest first."""
    query = select(AssetVersion).where(AssetVersion.asset_id == asset_id)
    newest = query.order_by(col(AssetVersion.version).desc()).limit(limit)
    return (await session.exec(newest)).all()


async def version(session: AsyncSession, asset_id: UUID, number: int) -> AssetVersion | None:
    """One version."""
    return await session.get(AssetVersion, (asset_id, number))


async def file(session: AsyncSession, digest: str) -> AssetFile | None:
    """A file with its bytes."""
    return await session.get(AssetFile, digest)


async def put_file(session: AsyncSession, digest: str, content: bytes) -> None:
    """Keep a file, unless it is kept already."""
    known = await session.exec(select(AssetFile.digest).where(AssetFile.digest == digest))
    if known.one_or_none() is None:
        session.add(AssetFile(digest=digest, size=len(content), content=content))
        await session.flush()
