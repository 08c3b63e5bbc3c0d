"""Keys by which affiliates' own programs read what is theirs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field
from storage.ids import new_id


class ApiKey(SQLModel, table=True):
    """A key. Only its SHA-256 is kept, and its first characters, by which its owner knows it.

    `is_active` is false once it was revoked. A key that was rotated works until `expires_at`, for
    whoever still uses it, and `replaced_by` is the key that took its place.
    """

    __tablename__ = "affiliate_api_keys"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    api_key_hash: str = Field(unique=True)
    api_key_prefix: str = Field(index=True)
    name: str
    scopes: list[str] = json_field(list)
    is_active: bool = True
    created_at: datetime = Field(default_factory=clock.now)
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    replaced_by: UUID | None = None
    revoked_at: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Whether it opens anything at a moment."""
        return self.is_active and (self.expires_at is None or self.expires_at > now)


async def with_prefix(session: AsyncSession, prefix: str) -> Sequence[ApiKey]:
    """The keys that begin so, working or not: one, but for a rare chance."""
    return (await session.exec(select(ApiKey).where(ApiKey.api_key_prefix == prefix))).all()


async def get(
    session: AsyncSession, affiliate_id: UUID, key_id: UUID, *, lock: bool = False
) -> ApiKey | None:
    """One key of the affiliate's, working or not; nobody else's."""
    query = select(ApiKey).where(ApiKey.id == key_id, ApiKey.affiliate_user_id == affiliate_id)
    return (await session.exec(query.with_for_update() if lock else query)).one_or_none()


async def of_affiliate(session: AsyncSession, affiliate_id: UUID, limit: int) -> Sequence[ApiKey]:
    """An affiliate's keys, the newest first."""
    query = select(ApiKey).where(ApiKey.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(ApiKey.id).desc()).limit(limit))).all()


async def working(session: AsyncSession, affiliate_id: UUID, now: datetime) -> int:
    """How many of an affiliate's keys open something, those that run out among them."""
    query = select(func.count()).where(
        ApiKey.affiliate_user_id == affiliate_id,
        ApiKey.is_active,
        or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now),
    )
    return (await session.exec(query)).one()


async def used(session: AsyncSession, key_id: UUID, now: datetime, *, unless: datetime) -> None:
    """Note that a key is in use, unless that was noted since then."""
    await session.exec(
        update(ApiKey)
        .where(
            col(ApiKey.id) == key_id,
            or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) < unless),
        )
        .values(last_used_at=now)
    )
