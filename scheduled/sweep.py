"""Daily: forget sign-in links and sessions that can no longer be used, and close old checkouts."""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import checkouts
from storage import sessions


async def sweep(session: AsyncSession) -> None:
    """Delete or close what has expired."""
    await sessions.forget_expired(session)
    await checkouts.expire(session)
