"""Every minute: see whether the program itself is well, and what outside services answer."""

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import alerts
from domain.alerts import Sighting
from integrations.calls import SEEN


async def look(session: AsyncSession) -> None:
    """Raise alerts and clear them, by the database and by the calls of this process."""
    seen = {
        name: Sighting(one.ok_at, one.failing_since, one.failed_at, one.problem)
        for name, one in SEEN.items()
    }
    await alerts.look(session, seen)
