"""Every minute: contests begin and end, and operators are shown who has won so far."""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import contest_moves


async def move(session: AsyncSession) -> None:
    """Begin and end what is due, and bring proposals up to date."""
    await contest_moves.move_due(session)
