"""`/api/affiliate/earnings/live`: what came today, this week or this month, once or as a stream."""

from typing import Annotated, Final
from uuid import UUID

from aiohttp import hdrs, web
from pydantic import BeforeValidator, ConfigDict

import clock
from dashboard.api.contract import Answer, Call, operation
from dashboard.api.members import MEMBER
from dashboard.api.moments import Moment
from dashboard.api.streams import Look, Streams, asks_for_stream
from dashboard.api.taking import Taken, Told, says
from dashboard.context import CONTEXT
from dashboard.standing import Member
from domain import live, program
from domain.earnings import Earnings, Period, earned
from domain.statuses import Status
from storage import affiliates, sessions
from storage.db import Database

_BEYOND_S: Final = 0.05
"""A timer may ring a moment early, when it is still yesterday."""
STREAMS: Final = web.AppKey("streams", Streams)


class Asked(Taken):
    """Of which period."""

    model_config = ConfigDict(extra="ignore")

    period: Annotated[
        Period,
        BeforeValidator(lambda given: given or Period.TODAY),
        says(f"Use one of {', '.join(Period)}."),
    ] = Period.TODAY


class AmountView(Told):
    """What came in a currency, in minor units: `gained`, less what was `taken_back` (≤ 0)."""

    currency: str
    amount: int
    gained: int
    taken_back: int


class LiveEarnings(Told):
    """What came in a period that is going on, by the days of where the affiliate lives."""

    period: Period
    time_zone: str
    since: Moment
    until: Moment
    as_of: Moment
    amounts: list[AmountView]


@operation("Read live earnings", tag="Earnings", who=MEMBER, streams=True)
async def show(call: Call[Member], query: Asked) -> Answer[LiveEarnings] | web.StreamResponse:
    """The signed-in affiliate's earnings of `period`; events for whoever accepts those.

    `earnings` is sent at first and whenever the figures become others, `changed` when something
    else did that the affiliate sees, and `end` when they may see nothing any more.
    """
    if asks_for_stream(call.request):
        return await _stream(call.request, call.caller, query.period)
    async with call.db.read() as session:
        settings = await program.load(session)
        found = await earned(session, call.caller.affiliate, settings, query.period, clock.now())
    return Answer(_shown(found), {str(hdrs.VARY): hdrs.ACCEPT})


async def _stream(request: web.Request, member: Member, period: Period) -> web.StreamResponse:
    db = request.app[CONTEXT].db
    session_id, affiliate_id = member.session.id, member.affiliate.id

    async def look() -> Look | None:
        found = await _read(db, session_id, affiliate_id, period)
        if found is None:
            return None
        seconds = (found.until - found.as_of).total_seconds() + _BEYOND_S
        return Look(
            _shown(found).model_dump(mode="json"),
            (found.since, found.time_zone, found.amounts),
            seconds,
        )

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


def _shown(found: Earnings) -> LiveEarnings:
    return LiveEarnings(
        period=found.period,
        time_zone=found.time_zone,
        since=found.since,
        until=found.until,
        as_of=found.as_of,
        amounts=[
            AmountView(
                currency=amount.currency,
                amount=amount.total,
                gained=amount.gained,
                taken_back=amount.taken_back,
            )
            for amount in found.amounts
        ],
    )
