"""Every minute: contests begin and end. Every ten: operators are shown who has won by now."""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import contest_moves


async def move(session: AsyncSession) -> None:
    """Begin and end what is due."""
    await contest_moves.move_due(session)


async def propose(session: AsyncSession) -> None:
    """Bring proposals up to date."""
    await contest_moves.propose_anew(session)
