"""Deliveries of outgoing webhooks: what follows an attempt, the log, and sending again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import webhook_endpoints, webhook_events
from domain.audit import Actor, record
from domain.errors import ConflictError, NotFoundError
from domain.statuses import Status
from domain.webhook_endpoints import OFF_AFTER
from storage import affiliates
from storage import webhook_deliveries as rows
from storage import webhook_endpoints as endpoint_rows
from storage.webhook_deliveries import WebhookAttempt, WebhookDelivery
from storage.webhook_endpoints import WebhookEndpoint

WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Between one attempt and the next, as Standard Webhooks recommends: three days in all."""
_JITTER: Final = 0.1
_OF_STANDING: Final = frozenset({"affiliate.paused", "affiliate.restored", "affiliate.terminated"})


def next_attempt(
    attempts: int, now: datetime, *, not_before: float | None = None
) -> datetime | None:
    """When to try again after so many attempts; None after the last.

    `not_before` is the seconds that the receiver asked for. It comes up to a tenth later, so that
    a receiver that is back is not stormed.
    """
    if attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1]
    if not_before is not None:
        wait = max(wait, min(timedelta(seconds=not_before), WAITS[-1]))
    return now + wait * (1 + random.uniform(0, _JITTER))  # noqa: S311 - spread, not secrecy


async def barred(session: AsyncSession, endpoint: WebhookEndpoint, kind: str) -> str:
    """Why an event may not leave for an endpoint just now; empty if it may.

    An affiliate who was paused or terminated hears of that and of nothing else, as by their keys.
    """
    if endpoint.status != endpoint_rows.ON:
        return "The endpoint is off."
    if endpoint.affiliate_user_id is None or kind in _OF_STANDING:
        return ""
    owner = await affiliates.get(session, endpoint.affiliate_user_id)
    if owner is not None and owner.status == Status.APPROVED:
        return ""
    if owner is not None and owner.status == Status.PAUSED:
        return "The account is paused. Send this again once it is restored."
    return "The account was closed."


async def arrived(
    session: AsyncSession, delivery: WebhookDelivery, attempt: WebhookAttempt
) -> None:
    """Note an attempt that succeeded."""
    session.add(attempt)
    await endpoint_rows.note_success(session, delivery.endpoint_id)


async def failed(
    session: AsyncSession, delivery: WebhookDelivery, attempt: WebhookAttempt, *, gone: bool
) -> bool:
    """Note an attempt that failed; whether to try again.

    An endpoint that is `gone` by its own word, or at which nothing arrived for days, is
    switched off.
    """
    session.add(attempt)
    await session.flush()
    endpoint = await endpoint_rows.get(session, delivery.endpoint_id, hold=True)
    if endpoint is None or endpoint.status != endpoint_rows.ON:
        return False
    now = clock.now()
    if endpoint.failing_since is None:
        endpoint.failing_since = now
        session.add(endpoint)
        await session.flush()
    if gone:
        why = "It answered 410: it is gone and wants no more."
    elif now - endpoint.failing_since >= OFF_AFTER:
        why = f"Nothing has arrived there since {endpoint.failing_since:%d %B %Y, %H:%M} UTC."
    else:
        return True
    await webhook_endpoints.give_up(session, endpoint, why)
    return False


@dataclass(frozen=True, slots=True)
class Line:
    """A delivery in the log, with its attempts, the first first."""

    delivery: WebhookDelivery
    attempts: Sequence[WebhookAttempt]


async def log(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    *,
    before: UUID | None = None,
    only_failed: bool = False,
    limit: int = 50,
) -> list[Line]:
    """What was sent to an endpoint, the newest first, from behind `before` on."""
    found = await rows.page(
        session, endpoint.id, before=before, only_failed=only_failed, limit=limit
    )
    attempts = await rows.attempts_of(session, [one.id for one in found])
    return [Line(one, attempts[one.id]) for one in found]


async def line(session: AsyncSession, owner: UUID | None, delivery_id: UUID) -> Line:
    """A delivery to an endpoint of this owner. Raises `NotFoundError`."""
    delivery, _ = await _own(session, owner, delivery_id)
    return Line(delivery, (await rows.attempts_of(session, [delivery.id]))[delivery.id])


async def replay(
    session: AsyncSession, owner: UUID | None, delivery_id: UUID, actor: Actor
) -> WebhookDelivery:
    """Send one again, under the id that it had: whoever got it can tell.

    Raises `ConflictError` if it is on its way anyhow, or if the endpoint is off.
    """
    delivery, endpoint = await _own(session, owner, delivery_id)
    _require_on(endpoint)
    if not await rows.replay(session, delivery.id):
        raise ConflictError("This one is on its way already.")
    subject = f"webhook_endpoint:{endpoint.id}"
    await record(session, actor, "webhook.replayed", subject, delivery=str(delivery.id))
    await session.refresh(delivery)
    return delivery


async def replay_failed(
    session: AsyncSession, owner: UUID | None, endpoint_id: UUID, since: datetime, actor: Actor
) -> int:
    """Send again all that has failed of what happened since a moment; how many.

    Raises `ConflictError` if the endpoint is off.
    """
    endpoint = await webhook_endpoints.own(session, owner, endpoint_id)
    _require_on(endpoint)
    count = await rows.replay_failed(session, endpoint.id, since)
    subject = f"webhook_endpoint:{endpoint.id}"
    detail = {"since": since.isoformat(), "count": count}
    await record(session, actor, "webhook.failed_replayed", subject, **detail)
    return count


async def test(
    session: AsyncSession, owner: UUID | None, endpoint_id: UUID, actor: Actor
) -> WebhookDelivery:
    """Send a test. Raises `ConflictError` if the endpoint is off."""
    endpoint = await webhook_endpoints.own(session, owner, endpoint_id)
    _require_on(endpoint)
    made = await webhook_events.send_test(session, endpoint)
    await record(session, actor, "webhook.tested", f"webhook_endpoint:{endpoint.id}")
    return made


async def _own(
    session: AsyncSession, owner: UUID | None, delivery_id: UUID
) -> tuple[WebhookDelivery, WebhookEndpoint]:
    delivery = await rows.get(session, delivery_id)
    if delivery is None:
        raise NotFoundError("There is no such delivery.")
    return delivery, await webhook_endpoints.own(session, owner, delivery.endpoint_id)


def _require_on(endpoint: WebhookEndpoint) -> None:
    if endpoint.status != endpoint_rows.ON:
        raise ConflictError("The endpoint is off. Switch it on first.")
