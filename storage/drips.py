"""The mails of the first weeks: which were sent to whom, and what operators changed in them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate

SENT = "sent"
SKIPPED = "skipped"


class DripLog(SQLModel, table=True):
    """One step of one affiliate, decided once and for ever: `status` is sent or skipped."""

    __tablename__ = "email_drip_log"

    affiliate_user_id: UUID = Field(foreign_key="affiliates.id", primary_key=True)
    step: str = Field(primary_key=True)
    status: str
    at: datetime = Field(default_factory=clock.now)


class DripText(SQLModel, table=True):
    """What operators made of a step. An empty `body` leaves the ready-made text.

    `version` counts the changes, so that two who edit at once notice.
    """

    __tablename__ = "affiliate_drip_texts"

    step: str = Field(primary_key=True)
    is_on: bool = True
    subject: str = ""
    preheader: str = ""
    body: str = ""
    version: int = 0
    updated_at: datetime = Field(default_factory=clock.now)


async def text(session: AsyncSession, step: str) -> DripText | None:
    """What operators made of a step, if anything; as it is now, whatever was read before."""
    return await session.get(DripText, step, populate_existing=True)


async def texts(session: AsyncSession) -> dict[str, DripText]:
    """What operators made of the steps, by step."""
    return {row.step: row for row in (await session.exec(select(DripText))).all()}


async def newcomers(session: AsyncSession, status: str, since: datetime) -> Sequence[Affiliate]:
    """Who came by an application and was approved since then, the earliest first."""
    query = select(Affiliate).where(
        Affiliate.status == status,
        Affiliate.approved_at >= since,
        col(Affiliate.submitted_at).is_not(None),
    )
    query = query.order_by(col(Affiliate.approved_at), col(Affiliate.id))
    return (await session.exec(query)).all()


async def logged(
    session: AsyncSession, since: datetime, *, only: Collection[UUID] = ()
) -> dict[UUID, dict[str, DripLog]]:
    """The decided steps of who was approved since then, or of some of them, by affiliate."""
    query = select(DripLog).join(Affiliate).where(Affiliate.approved_at >= since)
    if only:
        query = query.where(col(DripLog.affiliate_user_id).in_(only))
    found: dict[UUID, dict[str, DripLog]] = {}
    for row in await session.exec(query):
        found.setdefault(row.affiliate_user_id, {})[row.step] = row
    return found


async def decide(session: AsyncSession, affiliate_id: UUID, step: str, status: str) -> bool:
    """Log a step for ever; False where it was decided before, or just now by somebody else."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    values = {"affiliate_user_id": affiliate_id, "step": step, "status": status, "at": clock.now()}
    made = (postgresql_insert if postgresql else sqlite_insert)(DripLog).values(**values)
    return (await session.exec(made.on_conflict_do_nothing())).rowcount == 1
