"""What must reach the outside: one row per effect, written with the work that asks for it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Field, col, exists, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
import logs
from storage.columns import json_field
from storage.db import announce
from storage.work import Work, is_open, open_rows_index, parked_rows_index

TOPIC = "outbox"


class Effect(Work, table=True):
    """One effect. Its id is the idempotency key towards the outside.

    Effects of one `lane` run one after the other, oldest first: two updates of the same
    card can not overtake each other. An empty lane waits for nobody.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        open_rows_index("outbox", "next_attempt_at"),
        open_rows_index("outbox", "lane"),
        parked_rows_index("outbox"),
    )

    lane: str = ""
    payload: dict[str, Any] = json_field(dict)
    asked_at: datetime = Field(default_factory=clock.now)


async def put(
    session: AsyncSession,
    kind: str,
    *,
    lane: str = "",
    due: datetime | None = None,
    **payload: Any,
) -> UUID:
    """Ask for an effect, in this transaction; the pump is woken when it has committed.

    It is not begun before `due`, where that is given.
    """
    effect = Effect(kind=kind, lane=lane, payload=payload, request_id=logs.request_id())
    if due is not None:
        effect.next_attempt_at = due
    session.add(effect)
    await session.flush()
    announce(session, TOPIC)
    return effect.id


async def put_many(
    session: AsyncSession, kind: str, asked: Iterable[tuple[str, datetime, dict[str, Any]]]
) -> None:
    """Ask for many effects at once, each by its lane, when it is due, and its payload."""
    session.add_all(
        Effect(
            kind=kind,
            lane=lane,
            payload=payload,
            next_attempt_at=due,
            request_id=logs.request_id(),
        )
        for lane, due, payload in asked
    )
    await session.flush()
    announce(session, TOPIC)


async def put_once(session: AsyncSession, kind: str, *, lane: str, **payload: Any) -> None:
    """Ask for an effect, unless the same one waits already and was not begun.

    For effects that write the present truth: one that has not started yet will see ours.
    The waiting row is locked, so that nobody starts it before this transaction ends.
    """
    waiting = (
        select(Effect.id)
        .where(
            Effect.lane == lane,
            Effect.kind == kind,
            is_open(Effect),
            col(Effect.claimed_until).is_(None),
        )
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if (await session.exec(waiting)).first() is None:
        await put(session, kind, lane=lane, **payload)


async def overwrite(session: AsyncSession, effect_id: UUID, payload: dict[str, Any]) -> None:
    """Keep something else of an effect that is done: what it carried is to be forgotten."""
    await session.exec(update(Effect).where(col(Effect.id) == effect_id).values(payload=payload))


async def was_given_up(session: AsyncSession, lane: str) -> bool:
    """Whether an effect of this lane is parked; what it began may stand outside all the same."""
    parked = select(Effect.id).where(Effect.lane == lane, col(Effect.parked_at).is_not(None))
    return lane != "" and (await session.exec(parked.limit(1))).first() is not None


def heads_its_lane() -> ColumnElement[bool]:
    """No older open effect stands in the same lane."""
    older = aliased(Effect)
    return (col(Effect.lane) == "") | ~exists().where(
        col(older.lane) == col(Effect.lane),
        col(older.id) < col(Effect.id),
        is_open(older),
    )


async def is_busy(session: AsyncSession, lane: str) -> bool:
    """Whether effects of a lane still want work."""
    query = select(Effect.id).where(Effect.lane == lane, is_open(Effect)).limit(1)
    return (await session.exec(query)).first() is not None


async def busy_lanes(session: AsyncSession, lanes: Collection[str], kind: str) -> set[str]:
    """Which of these lanes have an effect of a kind that still wants work."""
    query = select(Effect.lane).where(
        col(Effect.lane).in_(lanes), Effect.kind == kind, is_open(Effect)
    )
    return set((await session.exec(query)).all())
