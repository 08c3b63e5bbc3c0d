"""Asking for networks to be told of sales: one thing at a time for each sale."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.effects import NETWORK_CONVERSION
from storage import outbox


async def tell(session: AsyncSession, conversion_id: UUID, due: datetime) -> None:
    """Tell a network what a sale is worth, not before a moment."""
    name = str(conversion_id)
    at = lane(conversion_id)
    await outbox.put(session, NETWORK_CONVERSION, lane=at, due=due, conversion=name)


async def tell_again(session: AsyncSession, conversion_id: UUID) -> None:
    """Tell a network what a sale is worth now, unless it is to be told anyway."""
    name = str(conversion_id)
    at = lane(conversion_id)
    await outbox.put_once(session, NETWORK_CONVERSION, lane=at, conversion=name)


def lane(conversion_id: UUID) -> str:
    """Where everything that a network is told of one sale stands in line."""
    return f"network:{conversion_id}"
