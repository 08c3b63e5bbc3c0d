"""What affiliates choose for themselves: where they live, and what they want to see and get."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import live, subscriptions
from domain.audit import Actor, record
from domain.errors import InvalidError, NotFoundError
from domain.zones import zone_named
from storage import affiliates
from storage.affiliates import Affiliate


@dataclass(frozen=True, slots=True)
class Preferences:
    """`time_zone` is an IANA name, empty for the program's; `mails` are the topics they want."""

    time_zone: str
    shows_name: bool
    mails: frozenset[str]


async def save(
    session: AsyncSession, affiliate_id: UUID, wish: Preferences, actor: Actor
) -> Affiliate:
    """Keep an affiliate's choices. Raises `InvalidError`, by field, and `NotFoundError`."""
    if wish.time_zone and zone_named(wish.time_zone) is None:
        sentence = "Choose a time zone from the list."
        raise InvalidError(sentence, {"time_zone": sentence})
    affiliate = await affiliates.hold(session, affiliate_id)
    if affiliate is None:
        raise NotFoundError("There is no such affiliate.")
    wanted = {"time_zone": wish.time_zone, "shows_name": wish.shows_name}
    changes = {
        name: [getattr(affiliate, name), value]
        for name, value in wanted.items()
        if getattr(affiliate, name) != value
    }
    if changes:
        affiliate.time_zone, affiliate.shows_name = wish.time_zone, wish.shows_name
        affiliate.updated_at = clock.now()
        session.add(affiliate)
        # A name appears or disappears for everybody.
        await (
            live.touch_all(session)
            if "shows_name" in changes
            else live.touch(session, affiliate_id)
        )
        await session.flush()
    await subscriptions.choose(session, affiliate_id, wish.mails, actor)
    if changes:
        subject = f"affiliate:{affiliate_id}"
        await record(session, actor, "affiliate.preferences", subject, changes=changes)
    return affiliate
