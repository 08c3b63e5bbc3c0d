"""`/api/admin/webhooks/{id}/deliveries`: what was sent, what became of it, and sending again."""

from http import HTTPStatus
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.moments import Moment
from dashboard.api.operators import Operator
from dashboard.api.paging import NextCursor, Paging
from dashboard.api.taking import Taken, Told
from dashboard.api.webhook_endpoints import READS, TAG, WRITES, Named
from dashboard.api.webhook_views import DeliveryView, delivery_of
from domain import webhook_deliveries as deliveries
from domain import webhook_endpoints as endpoints


class Delivered(Taken):
    """A delivery, by its id."""

    missing: ClassVar[str] = "There is no such delivery."

    id: UUID


class Which(Paging):
    """Which deliveries."""

    only_failed: Annotated[bool, Field(description="Those that were given up.")] = False


class Since(Taken):
    """From when on."""

    refused: ClassVar[str] = "Nothing was sent again."

    since: Moment


class DeliveryList(Told):
    """A page of deliveries."""

    data: list[DeliveryView]
    next_cursor: NextCursor


class Replayed(Told):
    """How many are on their way again."""

    count: int


@operation("List deliveries to a webhook endpoint", tag=TAG, who=READS)
async def index(call: Call[Operator], path: Named, query: Which) -> DeliveryList:
    """The newest first, each with its attempts. They are kept as long as other events are."""
    async with call.db.read() as session:
        endpoint = await endpoints.own(session, None, path.id)
        lines = await deliveries.log(
            session,
            endpoint,
            before=query.before,
            only_failed=query.only_failed,
            limit=query.to_fetch,
        )
    shown, cursor = query.cut([line.delivery for line in lines])
    data = [delivery_of(line) for line in lines[: len(shown)]]
    return DeliveryList(data=data, next_cursor=cursor)


@operation("Show a delivery", tag=TAG, who=READS)
async def show(call: Call[Operator], path: Delivered) -> DeliveryView:
    """What was sent, to the letter, and what became of each attempt."""
    async with call.db.read() as session:
        return delivery_of(await deliveries.line(session, None, path.id))


@operation("Send a delivery again", tag=TAG, who=WRITES, problems=(CONFLICT,), key="optional")
@once
async def replay(call: Call[Operator], path: Delivered) -> Answer[DeliveryView]:
    """Under the `webhook-id` that it had, so that a receiver that got it can tell."""
    async with writing(call) as write:
        await deliveries.replay(write.session, None, path.id, call.caller.actor)
        return write.told(delivery_of(await deliveries.line(write.session, None, path.id)))


@operation(
    "Send failed deliveries again", tag=TAG, who=WRITES, problems=(CONFLICT,), key="optional"
)
@once
async def replay_failed(call: Call[Operator], path: Named, body: Since) -> Answer[Replayed]:
    """All that were given up of what has happened since a moment."""
    async with writing(call) as write:
        actor = call.caller.actor
        count = await deliveries.replay_failed(write.session, None, path.id, body.since, actor)
        return write.told(Replayed(count=count))


@operation(
    "Test a webhook endpoint",
    tag=TAG,
    who=WRITES,
    status=HTTPStatus.ACCEPTED,
    problems=(CONFLICT,),
    key="optional",
)
@once
async def test(call: Call[Operator], path: Named) -> Answer[DeliveryView]:
    """Send it a `webhook.test`, whatever it wants to hear of; the delivery says how it went."""
    async with writing(call) as write:
        made = await deliveries.test(write.session, None, path.id, call.caller.actor)
        shown = delivery_of(await deliveries.line(write.session, None, made.id))
        return write.told(shown, HTTPStatus.ACCEPTED)
