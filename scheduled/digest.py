"""A week or month that is over: told to operators in their channel, to affiliates by mail."""

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import digest, statement_mails

_log = structlog.get_logger("digest")


async def post(session: AsyncSession) -> None:
    """Post the latest week, if it was not."""
    if await digest.post_due(session):
        _log.info("week posted")


async def mail_statements(session: AsyncSession) -> None:
    """Mail the latest month's statements to the next of those who are due."""
    if mailed := await statement_mails.send_due(session):
        _log.info("statements mailed", affiliates=mailed)
