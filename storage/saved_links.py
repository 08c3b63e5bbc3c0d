"""Links that affiliates made and keep, each with a name of its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id


class SavedLink(SQLModel, table=True):
    """A link to `to` (a path below the product's address, or a whole address) with its tag.

    Clicks are counted by tag and `page`, so no two links of an affiliate share both. One that
    was deleted is kept: it can be brought back, and what it brought stays counted.
    """

    __tablename__ = "affiliate_saved_links"
    __table_args__ = (
        Index(
            "ix_affiliate_saved_links_origin",
            "affiliate_user_id",
            "source_tag",
            "page",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    name: str
    to: str
    page: str
    source_tag: str = ""
    utm: bool = False
    created_at: datetime = Field(default_factory=clock.now)
    deleted_at: datetime | None = None


async def get(session: AsyncSession, affiliate_id: UUID, link_id: UUID) -> SavedLink | None:
    """One link of the affiliate's, deleted or not; nobody else's."""
    query = select(SavedLink).where(
        SavedLink.id == link_id, SavedLink.affiliate_user_id == affiliate_id
    )
    return (await session.exec(query)).one_or_none()


async def of_affiliate(session: AsyncSession, affiliate_id: UUID) -> list[SavedLink]:
    """The links that an affiliate keeps, the newest first."""
    query = select(SavedLink).where(
        SavedLink.affiliate_user_id == affiliate_id, col(SavedLink.deleted_at).is_(None)
    )
    return list((await session.exec(query.order_by(col(SavedLink.id).desc()))).all())


async def with_origin(
    session: AsyncSession, affiliate_id: UUID, tag: str, page: str
) -> SavedLink | None:
    """The link that an affiliate keeps with this tag and page."""
    query = select(SavedLink).where(
        SavedLink.affiliate_user_id == affiliate_id,
        SavedLink.source_tag == tag,
        SavedLink.page == page,
        col(SavedLink.deleted_at).is_(None),
    )
    return (await session.exec(query)).one_or_none()


async def count(session: AsyncSession, affiliate_id: UUID) -> int:
    """How many links an affiliate keeps."""
    query = select(func.count()).where(
        SavedLink.affiliate_user_id == affiliate_id, col(SavedLink.deleted_at).is_(None)
    )
    return (await session.exec(query)).one()
