"""What newcomers did on the dashboard that no other row says."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock


class ChecklistTick(SQLModel, table=True):
    """Something that an affiliate did, the first time: `item` is its name."""

    __tablename__ = "affiliate_checklist_ticks"

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    item: str = Field(primary_key=True)
    at: datetime = Field(default_factory=clock.now)


async def ticked(session: AsyncSession, affiliate_id: UUID) -> set[str]:
    """The names of what an affiliate did."""
    query = select(ChecklistTick.item).where(ChecklistTick.affiliate_user_id == affiliate_id)
    return set((await session.exec(query)).all())


async def tick(session: AsyncSession, affiliate_id: UUID, item: str) -> bool:
    """Note that they did it; False where that was noted before."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    values = {"affiliate_user_id": affiliate_id, "item": item, "at": clock.now()}
    made = (postgresql_insert if postgresql else sqlite_insert)(ChecklistTick).values(**values)
    return (await session.exec(made.on_conflict_do_nothing())).rowcount == 1
