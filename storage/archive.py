"""What left the tables for files: which rows go, what is kept of them, and where that is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, delete
from sqlalchemy import select as sa_select
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage import moving_values, retention
from storage.clicks import Click
from storage.inbox import InboxEvent
from storage.outbox import Effect

CLICKS: Final = "clicks"
EVENTS: Final = "events"
EFFECTS: Final = "effects"


class ArchiveFile(SQLModel, table=True):
    """One file. Its first `size` bytes hold `rows` lines; what stands behind counts for nothing.

    `what` is clicks, events or effects, `month` is theirs (`2026-11`). Numbers above 1 are of
    files that were begun where the one before was not at hand.
    """

    __tablename__ = "archive_files"

    what: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    size: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    rows: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    first_at: datetime
    last_at: datetime
    changed_at: datetime = Field(default_factory=clock.now)

    @property
    def name(self) -> str:
        """Where it is, below the folder of the archive."""
        number = "" if self.number == 1 else f".{self.number}"
        return f"{self.what}/{self.month}{number}.jsonl.gz"


_KEPT: Final[dict[str, tuple[type[SQLModel], tuple[str, ...]]]] = {
    CLICKS: (
        Click,
        (
            *("id", "clicked_at", "affiliate_user_id", "ref", "source_tag", "landing_page"),
            *("country", "device", "kind", "channel", "fetched_as"),
        ),
    ),
    EVENTS: (
        InboxEvent,
        ("id", "received_at", "source", "kind", "handled_at", "attempts", "ignored"),
    ),
    EFFECTS: (Effect, ("id", "asked_at", "kind", "handled_at", "attempts")),
}
"""What an archive keeps, its moment second: nothing of visitors, customers or what was written."""
_OLD: Final = {
    CLICKS: retention.old_clicks,
    EVENTS: retention.old_events,
    EFFECTS: retention.old_effects,
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one month that may go, and what is kept of each: a line of JSON."""

    month: str
    ids: Sequence[UUID]
    lines: Sequence[bytes]
    first_at: datetime
    last_at: datetime


async def oldest(session: AsyncSession, what: str, before: datetime, limit: int) -> Batch | None:
    """The oldest rows of before a moment that may go; None where there are none."""
    table, names = _KEPT[what]
    columns = [getattr(table, name) for name in names]
    convert = moving_values.to_plain(table.__table__)  # type: ignore[attr-defined]
    connection = await session.connection()
    found = await connection.execute(
        sa_select(*columns)
        .where(columns[0].in_(_OLD[what](before, limit)))
        .order_by(columns[1], columns[0])
    )
    rows = found.mappings().all()
    if not rows:
        return None
    moments = [row[names[1]].astimezone(UTC) for row in rows]
    month = f"{moments[0]:%Y-%m}"
    rows = [row for row, at in zip(rows, moments, strict=True) if f"{at:%Y-%m}" == month]
    plain = [
        {name: value if (to := convert[name]) is None else to(value) for name, value in row.items()}
        for row in rows
    ]
    lines = [moving_values.line(row) for row in plain]
    return Batch(month, [row["id"] for row in rows], lines, moments[0], moments[len(rows) - 1])


async def forget(session: AsyncSession, what: str, ids: Collection[UUID]) -> int:
    """Delete rows; how many were there."""
    table, _ = _KEPT[what]
    key: Any = getattr(table, "id")  # noqa: B009 - every one of them has one
    return (await session.exec(delete(table).where(key.in_(ids)))).rowcount


async def last_file(session: AsyncSession, what: str, month: str) -> ArchiveFile | None:
    """The file that the rows of a month go to, if one was begun."""
    query = (
        select(ArchiveFile)
        .where(col(ArchiveFile.what) == what, col(ArchiveFile.month) == month)
        .order_by(col(ArchiveFile.number).desc())
        .limit(1)
    )
    return (await session.exec(query)).first()


async def get(
    session: AsyncSession, what: str, month: str, number: int, *, lock: bool = False
) -> ArchiveFile | None:
    """One file; `lock` holds its row until the transaction ends."""
    key = (what, month, number)
    return await session.get(ArchiveFile, key, with_for_update=lock, populate_existing=lock)


async def files(session: AsyncSession, what: str = "") -> Sequence[ArchiveFile]:
    """Every file, or those of one kind, the oldest rows first."""
    query = select(ArchiveFile).order_by(
        col(ArchiveFile.what), col(ArchiveFile.month), col(ArchiveFile.number)
    )
    if what:
        query = query.where(col(ArchiveFile.what) == what)
    return (await session.exec(query)).all()


def is_between(what: str, line: bytes, since: datetime | None, until: datetime | None) -> bool:
    """Whether a line is of a stretch of time, whose end is not part of it."""
    at = datetime.fromisoformat(moving_values.row(line)[_KEPT[what][1][1]])
    return (since is None or at >= since) and (until is None or at < until)
