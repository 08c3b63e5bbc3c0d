"""Every few minutes: give the bonuses that no sale gave, and take back those held in vain.

A milestone that operators made or eased, affiliates who were let in again, an outage.
"""

from typing import Final

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import milestone_awards

AT_ONCE: Final = 50


async def catch_up(session: AsyncSession) -> None:
    """Do what is due for the first affiliates that it is due for; the next look goes on."""
    moves = [
        await milestone_awards.follow(session, one)
        for one in await milestone_awards.due(session, AT_ONCE)
    ]
    await milestone_awards.note(session, [one for one in moves if one is not None])
