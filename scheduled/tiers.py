"""Nightly: move up whoever has reached a higher tier without a sale that would have done it.

Tiers that operators made or eased, affiliates who were let in again.
"""

from typing import Final

import structlog

from domain import tier_moves
from outbox.services import Services

AT_ONCE: Final = 50
_log = structlog.get_logger("tiers")


async def move_up(services: Services) -> None:
    """Move up all who are due, in transactions short enough that nobody waits for long."""
    async with services.db.read() as session:
        due = await tier_moves.due(session)
    for start in range(0, len(due), AT_ONCE):
        async with services.db.transaction() as session:
            rises = [await tier_moves.rise(session, one) for one in due[start : start + AT_ONCE]]
            await tier_moves.note(session, [one for one in rises if one is not None])
    _log.info("tiers reached", affiliates=len(due))
