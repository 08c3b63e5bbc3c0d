"""Deliveries of outgoing webhooks: rows of work of their own, and what became of each attempt."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Index, text, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col, delete, exists, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
import logs
from storage.db import announce
from storage.ids import first_id, new_id
from storage.work import Work, is_open, open_rows_index, parked_rows_index

State = Literal["waiting", "retrying", "delivered", "failed"]
TOPIC = "webhook_deliveries"


_OPEN: Final = text("handled_at IS NULL AND parked_at IS NULL")


class WebhookDelivery(Work, table=True):
    """One event on its way to one endpoint. `kind` is the event's, `body` what is sent.

    `event_id` is the same for every endpoint and attempt. Of one `lane` one is sent at a time:
    an endpoint has a few. It is done when it arrived, and parked when it was given up.
    `affiliate_user_id` is whom it is about.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        open_rows_index("webhook_deliveries", "next_attempt_at"),
        # The head of a lane is found at one end of it, however many wait there.
        Index(
            "ix_webhook_deliveries_open_lane",
            "lane",
            "next_attempt_at",
            "id",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        parked_rows_index("webhook_deliveries"),
        Index("ix_webhook_deliveries_endpoint", "endpoint_id", "id"),
    )

    endpoint_id: UUID = Field(foreign_key="webhook_endpoints.id")
    affiliate_user_id: UUID | None = Field(default=None, index=True)
    event_id: UUID
    lane: str
    body: str
    happened_at: datetime = Field(default_factory=clock.now)

    @property
    def webhook_id(self) -> str:
        """The event's id as receivers see it, the same at every attempt."""
        return f"msg_{self.event_id.hex}"

    @property
    def state(self) -> State:
        """What has become of it."""
        if self.handled_at is not None:
            return "delivered"
        if self.parked_at is not None:
            return "failed"
        return "retrying" if self.last_error else "waiting"


class WebhookAttempt(SQLModel, table=True):
    """One attempt: the status that was answered (None for no answer), how long it took.

    `problem` is a sentence where it did not succeed, `answer` the first bytes of what came back.
    """

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_delivery", "delivery_id", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    delivery_id: UUID = Field(foreign_key="webhook_deliveries.id")
    status: int | None = None
    milliseconds: int
    problem: str = ""
    answer: str = ""
    at: datetime = Field(default_factory=clock.now)


async def put(session: AsyncSession, deliveries: Collection[WebhookDelivery]) -> None:
    """Ask for deliveries, in this transaction; who sends them is woken when it has committed."""
    for one in deliveries:
        one.request_id = logs.request_id()
    session.add_all(deliveries)
    await session.flush()
    announce(session, TOPIC)


def heads_its_lane() -> ColumnElement[bool]:
    """None that is due for longer, or that is being sent, stands in the same lane.

    One that waits for its next attempt does not hold up the others.
    """
    before = aliased(WebhookDelivery)
    return ~exists().where(
        col(before.lane) == col(WebhookDelivery.lane),
        tuple_(col(before.next_attempt_at), col(before.id))
        < tuple_(col(WebhookDelivery.next_attempt_at), col(WebhookDelivery.id)),
        is_open(before),
    )


async def get(session: AsyncSession, delivery_id: UUID) -> WebhookDelivery | None:
    """One delivery."""
    return await session.get(WebhookDelivery, delivery_id)


async def page(
    session: AsyncSession,
    endpoint_id: UUID,
    *,
    before: UUID | None = None,
    only_failed: bool = False,
    limit: int = 50,
) -> Sequence[WebhookDelivery]:
    """An endpoint's deliveries, the newest first, from behind `before` on."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if before is not None:
        query = query.where(col(WebhookDelivery.id) < before)
    if only_failed:
        query = query.where(col(WebhookDelivery.parked_at).is_not(None))
    return (await session.exec(query.order_by(col(WebhookDelivery.id).desc()).limit(limit))).all()


async def attempts_of(
    session: AsyncSession, delivery_ids: Collection[UUID]
) -> dict[UUID, list[WebhookAttempt]]:
    """The attempts of each of these deliveries, the first first."""
    found: dict[UUID, list[WebhookAttempt]] = {one: [] for one in delivery_ids}
    query = select(WebhookAttempt).where(col(WebhookAttempt.delivery_id).in_(delivery_ids))
    for attempt in await session.exec(query.order_by(col(WebhookAttempt.id))):
        found[attempt.delivery_id].append(attempt)
    return found


async def replay(session: AsyncSession, delivery_id: UUID) -> bool:
    """Send one again that arrived or was given up; False if it is on its way anyhow."""
    done = or_(
        col(WebhookDelivery.handled_at).is_not(None), col(WebhookDelivery.parked_at).is_not(None)
    )
    return await _again(session, col(WebhookDelivery.id) == delivery_id, done) == 1


async def replay_failed(session: AsyncSession, endpoint_id: UUID, since: datetime) -> int:
    """Send again what was given up of what has happened since a moment; how many."""
    return await _again(
        session,
        col(WebhookDelivery.endpoint_id) == endpoint_id,
        col(WebhookDelivery.id) >= first_id(since),
        col(WebhookDelivery.parked_at).is_not(None),
    )


async def _again(session: AsyncSession, *which: ColumnElement[bool]) -> int:
    replayed = await session.exec(
        update(WebhookDelivery)
        .where(*which)
        .values(
            handled_at=None,
            parked_at=None,
            attempts=0,
            next_attempt_at=clock.now(),
            claimed_until=None,
        )
    )
    announce(session, TOPIC)
    return replayed.rowcount


async def park_waiting(session: AsyncSession, endpoint_id: UUID, error: str) -> None:
    """Set aside what waits for an endpoint; what is being sent is left to its sender."""
    await session.exec(
        update(WebhookDelivery)
        .where(
            col(WebhookDelivery.endpoint_id) == endpoint_id,
            is_open(WebhookDelivery),
            col(WebhookDelivery.claimed_until).is_(None),
        )
        .values(parked_at=clock.now(), last_error=error)
    )


async def count_failed(session: AsyncSession, endpoint_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many deliveries to each of these endpoints were given up."""
    query = (
        select(WebhookDelivery.endpoint_id, func.count())
        .where(
            col(WebhookDelivery.endpoint_id).in_(endpoint_ids),
            col(WebhookDelivery.parked_at).is_not(None),
        )
        .group_by(col(WebhookDelivery.endpoint_id))
    )
    return dict((await session.exec(query)).all())


async def forget(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete deliveries of what happened before a moment that are over, with their attempts."""
    query = select(WebhookDelivery.id).where(
        col(WebhookDelivery.id) < first_id(before), ~is_open(WebhookDelivery)
    )
    old = (await session.exec(query.order_by(col(WebhookDelivery.id)).limit(limit))).all()
    await session.exec(delete(WebhookAttempt).where(col(WebhookAttempt.delivery_id).in_(old)))
    await session.exec(delete(WebhookDelivery).where(col(WebhookDelivery.id).in_(old)))
    return len(old)
