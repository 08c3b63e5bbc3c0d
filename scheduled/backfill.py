"""At start: hear what Stripe said while nobody was there."""

from datetime import timedelta

import structlog

from integrations.errors import TransportError
from integrations.stripe.events import Event
from outbox.services import Services
from storage import inbox
from storage.inbox import Arrival
from webhooks.stripe.router import router

OVERLAP = timedelta(hours=1)
"""How far before the last event to begin: they do not arrive in the order they were made."""

_log = structlog.get_logger("backfill")


async def backfill(services: Services) -> int:
    """Take in the events since the last one seen; returns how many were new.

    An empty inbox is a new program: what was before it is for `reconcile`. If Stripe is away,
    its own retries and the nightly reconciliation bring what is missing.
    """
    if services.stripe is None:
        return 0
    async with services.db.read() as session:
        last = await inbox.last_received(session, router.source)
    if last is None:
        return 0
    added = 0
    try:
        async for page in services.stripe.events.since(last - OVERLAP):
            arrivals = [_arrival(event) for event in page if event.type in router.handlers]
            async with services.db.transaction() as session:
                added += await inbox.add(session, arrivals)
    except TransportError as error:
        _log.warning("backfill broke off", error=str(error), events=added)
        return added
    _log.info("backfill done", events=added)
    return added


def _arrival(event: Event) -> Arrival:
    return Arrival(
        source=router.source,
        external_id=event.id,
        kind=event.type,
        payload=event.body,
        request_id="",
    )
