"""What changes before an affiliate's eyes: hints for the pages that they have open.

A hint says that something is worth reading again, and for whom. It leaves with the commit of
the transaction that it is given in, reaches every server, and may come too often, but says
nothing itself.
"""

import hashlib
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from storage.notices import announce_everywhere

EVERYBODY: Final = "live:everybody"
"""The topic of what all affiliates see, such as a contest."""

STANDINGS: Final = "live:standings"
"""The topic of who stands where, which moves with the sales of others."""


def topic_of(affiliate_id: UUID) -> str:
    """The topic of what one affiliate sees."""
    return f"live:{affiliate_id}"


def person_topic(email_key: str) -> str:
    """The topic of whether somebody is still signed in. It does not say who that is."""
    return f"live:person:{hashlib.sha256(email_key.encode()).hexdigest()[:32]}"


async def touch_sessions(session: AsyncSession, email_key: str) -> None:
    """Say that this transaction ends sessions of a person."""
    await announce_everywhere(session, person_topic(email_key))


async def touch(session: AsyncSession, affiliate_id: UUID) -> None:
    """Say that something that this affiliate sees is changed by this transaction."""
    await announce_everywhere(session, topic_of(affiliate_id))


async def touch_all(session: AsyncSession) -> None:
    """Say that something that every affiliate sees is changed by this transaction."""
    await announce_everywhere(session, EVERYBODY)


async def touch_standings(session: AsyncSession) -> None:
    """Say that this transaction may move places: on the leaderboard, in a contest.

    It comes with every sale, so that streams take their time to look.
    """
    await announce_everywhere(session, STANDINGS)
