"""Requests of affiliates to have their personal data erased, and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id

ERASED, KEPT, WITHDRAWN = "erased", "kept", "withdrawn"


class Erasure(SQLModel, table=True):
    """One request. `decision` is empty until then, and `open_key` the affiliate's id.

    `due_at` is by when the law wants an answer. `waives` says that they give up what is owed to
    them.
    """

    __tablename__ = "affiliate_erasures"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", index=True)
    open_key: str | None = Field(default=None, unique=True)
    waives: bool = False
    asked_at: datetime = Field(default_factory=clock.now)
    due_at: datetime
    decision: str = ""
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


async def get(session: AsyncSession, erasure_id: UUID, *, lock: bool = False) -> Erasure | None:
    """One request; `lock` holds the row until the transaction ends."""
    return await session.get(Erasure, erasure_id, with_for_update=lock, populate_existing=lock)


async def open_of(session: AsyncSession, affiliate_id: UUID) -> Erasure | None:
    """The request of an affiliate that waits for a decision."""
    query = select(Erasure).where(Erasure.open_key == str(affiliate_id))
    return (await session.exec(query)).one_or_none()


async def latest_of(session: AsyncSession, affiliate_id: UUID) -> Erasure | None:
    """What an affiliate asked for last."""
    query = select(Erasure).where(Erasure.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(Erasure.id).desc()).limit(1))).first()


async def open_ones(session: AsyncSession) -> Sequence[Erasure]:
    """Every request that waits, the first due first."""
    query = select(Erasure).where(col(Erasure.open_key).is_not(None))
    return (await session.exec(query.order_by(col(Erasure.due_at)))).all()
