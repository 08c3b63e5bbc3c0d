"""Which mails affiliates refuse; without a row they want a mail."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock


class Unsubscription(SQLModel, table=True):
    """One affiliate's no to the mails of one topic."""

    __tablename__ = "affiliate_unsubscriptions"

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    topic: str = Field(primary_key=True)
    since: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, affiliate_id: UUID, topic: str) -> Unsubscription | None:
    """The refusal of a topic, if there is one."""
    return await session.get(Unsubscription, (affiliate_id, topic))


async def refused(session: AsyncSession, affiliate_id: UUID) -> set[str]:
    """The topics that an affiliate refuses."""
    query = select(Unsubscription.topic).where(Unsubscription.affiliate_user_id == affiliate_id)
    return set((await session.exec(query)).all())


async def refusers(session: AsyncSession, topic: str) -> set[UUID]:
    """Everybody who refuses a topic."""
    query = select(Unsubscription.affiliate_user_id).where(Unsubscription.topic == topic)
    return set((await session.exec(query)).all())
