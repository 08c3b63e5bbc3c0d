"""Alerts: what is wrong with the program itself, since when, and whether outside services answer.

Rows, so that of several processes one raises an alert, and a restart forgets none.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id

_OPEN = text("cleared_at IS NULL")


class Alert(SQLModel, table=True):
    """One alert, from when it was raised to when it was over.

    `name` is its kind and what it is about, such as `queue:inbox`; one of a name is open at most.
    `problem` is a sentence as it was when it was raised.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_open", "name", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    problem: str
    raised_at: datetime = Field(default_factory=clock.now)
    cleared_at: datetime | None = None


class OutsideService(SQLModel, table=True):
    """How a service answered lately, as all processes saw it.

    `failing_since` is its first failure since it last worked, `problem` its last one.
    """

    __tablename__ = "outside_services"

    name: str = Field(primary_key=True)
    ok_at: datetime | None = None
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    problem: str = ""


async def put(session: AsyncSession, name: str, problem: str) -> UUID | None:
    """Raise an alert; None if one of this name is open already."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if postgresql else sqlite_insert
    alert = Alert(name=name, problem=problem)
    put = await session.exec(insert(Alert).values(alert.model_dump()).on_conflict_do_nothing())
    return alert.id if put.rowcount == 1 else None


async def close(session: AsyncSession, name: str) -> UUID | None:
    """Note that an alert is over; None if none of this name is open."""
    query = select(Alert).where(Alert.name == name, col(Alert.cleared_at).is_(None))
    alert = (await session.exec(query.with_for_update())).one_or_none()
    if alert is None:
        return None
    alert.cleared_at = clock.now()
    session.add(alert)
    await session.flush()
    return alert.id


async def get(session: AsyncSession, alert_id: UUID) -> Alert | None:
    """One alert."""
    return await session.get(Alert, alert_id)


async def active(session: AsyncSession) -> Sequence[Alert]:
    """The alerts that are open, the oldest first."""
    query = select(Alert).where(col(Alert.cleared_at).is_(None))
    return (await session.exec(query.order_by(col(Alert.raised_at), col(Alert.id)))).all()


async def services(session: AsyncSession) -> dict[str, OutsideService]:
    """Every service that was asked so far, by its name."""
    return {one.name: one for one in (await session.exec(select(OutsideService))).all()}
