"""Daily: forget sign-in links and sessions that can no longer be used."""

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import sessions


async def sweep(session: AsyncSession) -> None:
    """Delete what has expired."""
    await sessions.forget_expired(session)
