"""Which events outgoing webhooks tell, and how they are told: with the commit of what happened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import webhook_data as told
from domain.webhook_data import Told
from storage import webhook_deliveries as deliveries
from storage import webhook_endpoints as endpoints
from storage.ids import new_id
from storage.webhook_deliveries import WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint

_KNOWN: Final = "webhooks.listening"
LANES: Final = 4
"""Deliveries to one endpoint of operators that are under way at the same time, at most.

To one of an affiliate it is one: all of theirs that never answer take a quarter of the room.
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event: what it is called, what it means, what it tells, and who may hear it."""

    name: str
    words: str
    model: type[Told]
    operators_only: bool = False


def _kinds(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS: Final = _kinds(
    Kind("application.submitted", "Somebody applied.", told.ApplicationTold, operators_only=True),
    Kind(
        "application.approved",
        "An application was approved.",
        told.ApplicationTold,
        operators_only=True,
    ),
    Kind(
        "application.rejected",
        "An application was rejected.",
        told.ApplicationTold,
        operators_only=True,
    ),
    Kind(
        "application.reopened",
        "A rejection was taken back.",
        told.ApplicationTold,
        operators_only=True,
    ),
    Kind(
        "affiliate.approved",
        "Somebody joined the program.",
        told.AffiliateTold,
        operators_only=True,
    ),
    Kind("affiliate.paused", "An affiliate was paused.", told.AffiliateTold),
    Kind("affiliate.restored", "A paused affiliate was restored.", told.AffiliateTold),
    Kind("affiliate.terminated", "An affiliate was terminated.", told.AffiliateTold),
    Kind(
        "affiliate.erased",
        "Forget them: they were erased.",
        told.AffiliateTold,
        operators_only=True,
    ),
    Kind("referral.created", "Somebody was referred: signed up, or bought.", told.ReferralTold),
    Kind("sale.settled", "A payment was settled, credited to somebody or not.", told.SaleTold),
    Kind(
        "sale.changed", "A settled sale changed: a refund, a dispute, whose it is.", told.SaleTold
    ),
    Kind("commission.changed", "A commission was earned, or changed.", told.CommissionTold),
    Kind("payout.requested", "A payout was asked for.", told.PayoutTold),
    Kind("payout.approved", "A payout was approved.", told.PayoutTold),
    Kind("payout.paid", "A payout was paid.", told.PayoutTold),
    Kind("payout.rejected", "A payout was turned down.", told.PayoutTold),
    Kind("payout.failed", "A payout failed; it is back in the balance.", told.PayoutTold),
    Kind("payout.reversed", "A part of a paid payout came back.", told.PayoutTold),
    Kind(
        "fraud.paused",
        "An affiliate was paused for a fraud score.",
        told.FraudTold,
        operators_only=True,
    ),
    Kind("fraud.restored", "Such a pause was lifted.", told.FraudTold, operators_only=True),
    Kind("fraud.banned", "Such a pause ended in a ban.", told.FraudTold, operators_only=True),
    Kind("milestone.awarded", "A milestone's bonus was given.", told.MilestoneTold),
    Kind("milestone.withdrawn", "A bonus on hold was taken back.", told.MilestoneTold),
    Kind("tier.changed", "An affiliate is in another tier.", told.TierTold),
    Kind("contest.announced", "The outcome of a contest was announced.", told.ContestTold),
)
"""Every kind that endpoints can ask for."""

TEST: Final = Kind("webhook.test", "A test that somebody asked for.", told.TestTold)
"""What a test sends, whatever an endpoint wants to hear of."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `affiliate_id` is whom it is about; `everybody` may hear of it."""

    kind: str
    data: Told
    affiliate_id: UUID | None = None
    everybody: bool = False


async def publish(session: AsyncSession, *events: Event) -> None:
    """Tell every endpoint that wants it, once this transaction has committed.

    Where nobody listens this is one look-up by index, however much happens in a transaction.
    """
    if not events:
        return
    found = await _listening(session, events)
    asked = [one for event in events for one in _deliveries(event, found)]
    if asked:
        await deliveries.put(session, asked)


async def _listening(session: AsyncSession, events: Sequence[Event]) -> list[WebhookEndpoint]:
    """Who may want to hear of these; looked up once in a transaction for each that it is about."""
    if any(one.everybody for one in events):
        return list(await endpoints.listening(session, (), everybody=True))
    known: dict[UUID | None, list[WebhookEndpoint]] = session.info.setdefault(_KNOWN, {})
    wanted = {None, *(one.affiliate_id for one in events)}
    if missing := wanted - known.keys():
        known.update({one: [] for one in missing})
        for endpoint in await endpoints.listening(session, missing):
            known[endpoint.affiliate_user_id].append(endpoint)
    return [endpoint for one in wanted for endpoint in known[one]]


async def send_test(session: AsyncSession, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Ask for a test to an endpoint; returns what is on its way."""
    data = told.TestTold(endpoint_id=endpoint.id)
    made = _delivery(Event(TEST.name, data), data, new_id(), clock.now(), endpoint)
    await deliveries.put(session, [made])
    return made


def _deliveries(event: Event, found: Sequence[WebhookEndpoint]) -> list[WebhookDelivery]:
    event_id, now = new_id(), clock.now()
    made = []
    for endpoint in found:
        owner = endpoint.affiliate_user_id
        data = event.data
        if owner is not None:
            if KINDS[event.kind].operators_only:
                continue
            if owner != event.affiliate_id and not event.everybody:
                continue
            data = data.for_affiliate(owner)
        if endpoint.wants(event.kind):
            made.append(_delivery(event, data, event_id, now, endpoint))
    return made


def _delivery(
    event: Event, data: Told, event_id: UUID, now: datetime, endpoint: WebhookEndpoint
) -> WebhookDelivery:
    lanes = LANES if endpoint.affiliate_user_id is None else 1
    return WebhookDelivery(
        kind=event.kind,
        endpoint_id=endpoint.id,
        affiliate_user_id=event.affiliate_id,
        event_id=event_id,
        lane=f"{endpoint.id}:{event_id.int % lanes}",
        body=body(event.kind, now, data),
        happened_at=now,
    )


def body(kind: str, moment: datetime, data: Told) -> str:
    """What is sent, to the letter, at every attempt."""
    timestamp = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    whole = {"type": kind, "timestamp": timestamp, "data": data.model_dump(mode="json")}
    return json.dumps(whole, separators=(",", ":"))


def example(kind: Kind) -> dict[str, Any]:
    """An event of a kind, as the docs show it."""
    extra: Any = kind.model.model_config.get("json_schema_extra") or {}
    sample = kind.model.model_validate(extra["examples"][0])
    made: dict[str, Any] = json.loads(
        body(kind.name, datetime(2026, 11, 1, 12, tzinfo=UTC), sample)
    )
    return made
