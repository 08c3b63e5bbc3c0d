"""Posts that affiliates write about the product."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id

DRAFT: Final = "draft"
SCHEDULED: Final = "scheduled"
PUBLISHED: Final = "published"
FAILED: Final = "failed"

TEMPLATE: Final = "template"
MODEL: Final = "model"


class PromoPost(SQLModel, table=True):
    """A post. `source` wrote its first words; `edited` tells whether its author changed them.

    `scheduled` means on its way: with an `external_id` the posting service has it. `problem` says
    why it failed there.
    """

    __tablename__ = "affiliate_promo_posts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    channel: str
    tone: str
    about: str = ""
    title: str = ""
    text: str
    seed: int = 0
    source: str = TEMPLATE
    edited: bool = False
    status: str = DRAFT
    scheduled_at: datetime | None = None
    published_at: datetime | None = None
    external_id: str = ""
    problem: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, post_id: UUID, *, lock: bool = False) -> PromoPost | None:
    """One post; `lock` holds the row until the transaction ends."""
    return await session.get(PromoPost, post_id, with_for_update=lock, populate_existing=lock)


async def of_affiliate(session: AsyncSession, affiliate_id: UUID, limit: int) -> list[PromoPost]:
    """An affiliate's posts, the newest first."""
    query = select(PromoPost).where(PromoPost.affiliate_user_id == affiliate_id)
    return list((await session.exec(query.order_by(col(PromoPost.id).desc()).limit(limit))).all())


async def count(session: AsyncSession, affiliate_id: UUID, status: str) -> int:
    """How many posts of an affiliate have a status."""
    query = select(func.count()).where(
        PromoPost.affiliate_user_id == affiliate_id, PromoPost.status == status
    )
    return (await session.exec(query)).one()
