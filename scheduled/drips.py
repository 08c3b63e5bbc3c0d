"""Every few minutes: the mails of the first weeks, to whom it is morning where they live."""

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import drips

_log = structlog.get_logger("drips")


async def send(session: AsyncSession) -> None:
    """Mail those who are due."""
    if mailed := await drips.send_due(session):
        _log.info("mails of the first weeks", affiliates=mailed)
