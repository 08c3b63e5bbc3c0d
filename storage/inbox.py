"""Events from vendors, stored before they are acknowledged, and handled once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.db import announce
from storage.ids import new_id
from storage.inserts import Insert
from storage.work import Work, open_rows_index, parked_rows_index

TOPIC = "inbox"


class InboxEvent(Work, table=True):
    """One event: the raw body as it came, unique by the vendor and the vendor's id for it."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        open_rows_index("inbox", "next_attempt_at"),
        parked_rows_index("inbox"),
    )

    source: str
    external_id: str
    payload: bytes
    received_at: datetime
    ignored: bool = False


INSERT = Insert(
    topic=TOPIC,
    table="inbox",
    columns={
        "id": "uuid",
        "source": "text",
        "external_id": "text",
        "kind": "text",
        "payload": "bytea",
        "request_id": "text",
        "received_at": "timestamptz",
        "next_attempt_at": "timestamptz",
        "attempts": "int",
        "ignored": "bool",
    },
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """An event at the door: verified, and named by its vendor."""

    source: str
    external_id: str
    kind: str
    payload: bytes
    request_id: str

    def row(self) -> tuple[object, ...]:
        """The values of `INSERT`, in its order."""
        now = clock.now()
        return (
            new_id(),
            self.source,
            self.external_id,
            self.kind,
            self.payload,
            self.request_id,
            now,
            now,
            0,
            False,
        )


async def add(session: AsyncSession, arrivals: Sequence[Arrival]) -> int:
    """Store events that came by another way than the door; returns how many were new."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if postgresql else sqlite_insert
    added = 0
    for arrival in arrivals:
        values = dict(zip(INSERT.columns, arrival.row(), strict=True))
        done = await session.exec(insert(InboxEvent).values(**values).on_conflict_do_nothing())
        added += done.rowcount
    if added:
        announce(session, TOPIC)
    return added


async def last_received(session: AsyncSession, source: str) -> datetime | None:
    """When the newest event of a source came in."""
    query = select(func.max(InboxEvent.received_at)).where(InboxEvent.source == source)
    return (await session.exec(query)).one()
