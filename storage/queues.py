"""The queues of work: how long each is behind, read from the indexes of what is open."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import outbox, webhook_deliveries
from storage.inbox import InboxEvent
from storage.outbox import Effect
from storage.webhook_deliveries import WebhookDelivery
from storage.work import Work, is_open

QUEUES: Final[dict[str, type[Work]]] = {
    "inbox": InboxEvent,
    "outbox": Effect,
    "webhook_deliveries": WebhookDelivery,
}


def _may_begin(name: str) -> list[ColumnElement[bool]]:
    if name == "outbox":
        return [outbox.heads_its_lane()]
    return [webhook_deliveries.heads_its_lane()] if name == "webhook_deliveries" else []


async def waiting_since(session: AsyncSession, name: str) -> datetime | None:
    """Since when the row has been due that is due for longest, if one is open.

    What waits behind another of its lane does not count: that is the other's wait. A moment to
    come is the next attempt of what failed.
    """
    table = QUEUES[name]
    due = col(table.next_attempt_at)
    query = select(due).where(is_open(table), *_may_begin(name)).order_by(due).limit(1)
    return (await session.exec(query)).first()
