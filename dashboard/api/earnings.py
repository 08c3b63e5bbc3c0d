"""`/api/affiliate/earnings/live`: what came today, this week or this month, once or as a stream."""

from typing import Any, Final
from uuid import UUID

from aiohttp import hdrs, web

import clock
from dashboard.api.members import member_of
from dashboard.api.moments import rfc3339
from dashboard.api.streams import Look, Streams, asks_for_stream
from dashboard.context import CONTEXT
from dashboard.standing import Member
from domain import live, program
from domain.earnings import Earnings, Period, earned, parse_period
from domain.statuses import Status
from storage import affiliates, sessions
from storage.db import Database

_BEYOND_S: Final = 0.05
"""A timer may ring a moment early, when it is still yesterday."""
STREAMS: Final = web.AppKey("streams", Streams)


async def show(request: web.Request) -> web.StreamResponse:
    """The signed-in affiliate's earnings of `period`; events for whoever accepts those.

    `earnings` is sent at first and whenever the figures become others, `changed` when something
    else did that the affiliate sees, and `end` when they may see nothing any more.
    """
    member = await member_of(request)
    period = parse_period(request.query.get("period", ""))
    db = request.app[CONTEXT].db
    if not asks_for_stream(request):
        async with db.read() as session:
            settings = await program.load(session)
            found = await earned(session, member.affiliate, settings, period, clock.now())
        return web.json_response(_shown(found), headers={hdrs.VARY: hdrs.ACCEPT})
    return await _stream(request, member, period)


async def _stream(request: web.Request, member: Member, period: Period) -> web.StreamResponse:
    db = request.app[CONTEXT].db
    session_id, affiliate_id = member.session.id, member.affiliate.id

    async def look() -> Look | None:
        found = await _read(db, session_id, affiliate_id, period)
        if found is None:
            return None
        seconds = (found.until - found.as_of).total_seconds() + _BEYOND_S
        return Look(_shown(found), (found.since, found.time_zone, found.amounts), seconds)

    own = (live.topic_of(affiliate_id), live.person_topic(member.session.email_key))
    return await request.app[STREAMS].serve(
        request, session_id, look, own=own, shared=(live.EVERYBODY,), others=(live.STANDINGS,)
    )


async def _read(
    db: Database, session_id: UUID, affiliate_id: UUID, period: Period
) -> Earnings | None:
    """None where the session has ended, or the affiliate is not approved any more."""
    async with db.read() as session:
        owner = await session.get(sessions.Session, session_id)
        affiliate = await affiliates.get(session, affiliate_id)
        now = clock.now()
        if owner is None or owner.expires_at <= now:
            return None
        if affiliate is None or affiliate.status != Status.APPROVED:
            return None
        return await earned(session, affiliate, await program.load(session), period, now)


def _shown(found: Earnings) -> dict[str, Any]:
    return {
        "period": found.period,
        "time_zone": found.time_zone,
        "since": rfc3339(found.since),
        "until": rfc3339(found.until),
        "as_of": rfc3339(found.as_of),
        "amounts": [
            {
                "currency": amount.currency,
                "amount": amount.total,
                "gained": amount.gained,
                "taken_back": amount.taken_back,
            }
            for amount in found.amounts
        ],
    }
