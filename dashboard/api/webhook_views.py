"""Endpoints of outgoing webhooks, and deliveries to them, as programs see them."""

from typing import Literal
from uuid import UUID

from dashboard.api.moments import Moment
from dashboard.api.taking import Told
from domain.webhook_deliveries import Line
from storage.webhook_endpoints import WebhookEndpoint


class EndpointView(Told):
    """An endpoint; empty `events` are all kinds.

    `failing_since` is when attempts began of which none succeeded, `off_because` why it was
    switched off by itself. Until `former_secret_until` the secret before signs, too.
    """

    id: UUID
    url: str
    description: str
    events: list[str]
    status: Literal["on", "off"]
    off_because: str
    failing_since: Moment | None
    former_secret_until: Moment | None
    created_at: Moment
    updated_at: Moment


class AttemptView(Told):
    """An attempt; `status` is null where nothing was answered, `answer` its first characters."""

    at: Moment
    status: int | None
    milliseconds: int
    problem: str
    answer: str


class DeliveryView(Told):
    """An event on its way to an endpoint. `webhook_id` is the same at every attempt."""

    id: UUID
    endpoint_id: UUID
    webhook_id: str
    event: str
    state: Literal["waiting", "retrying", "delivered", "failed"]
    happened_at: Moment
    next_attempt_at: Moment | None
    attempts: list[AttemptView]
    body: str


def endpoint_of(one: WebhookEndpoint) -> EndpointView:
    """An endpoint, without its secret."""
    return EndpointView(
        id=one.id,
        url=one.url,
        description=one.description,
        events=one.events,
        status="on" if one.status == "on" else "off",
        off_because=one.off_because,
        failing_since=one.failing_since,
        former_secret_until=one.former_until,
        created_at=one.created_at,
        updated_at=one.updated_at,
    )


def delivery_of(line: Line) -> DeliveryView:
    """A delivery with its attempts."""
    one = line.delivery
    open_ = one.handled_at is None and one.parked_at is None
    return DeliveryView(
        id=one.id,
        endpoint_id=one.endpoint_id,
        webhook_id=one.webhook_id,
        event=one.kind,
        state=one.state,
        happened_at=one.happened_at,
        next_attempt_at=one.next_attempt_at if open_ else None,
        attempts=[
            AttemptView(
                at=each.at,
                status=each.status,
                milliseconds=each.milliseconds,
                problem=each.problem,
                answer=each.answer,
            )
            for each in line.attempts
        ],
        body=one.body,
    )
