"""`/api/admin/webhooks`: where systems of operators hear of what happens here."""

from http import HTTPStatus
from typing import Annotated, ClassVar, Final
from uuid import UUID

from pydantic import Field

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Taken, Told
from dashboard.api.webhook_views import EndpointView, endpoint_of
from domain import webhook_endpoints as endpoints
from domain.webhook_endpoints import DESCRIPTION_MAX, URL_MAX, Wanted

LOCATION: Final = "Location"
TAG: Final = "Webhooks"
READS: Final = operator("webhooks:read")
WRITES: Final = operator("webhooks:write")
_REFUSED: Final = "This endpoint cannot be kept."

_Url = Annotated[str, Field(max_length=URL_MAX, description="Where events are posted to.")]
_Events = Annotated[
    list[str], Field(max_length=100, description="Kinds to hear of; none are all, also new ones.")
]
_Description = Annotated[str, Field(max_length=DESCRIPTION_MAX)]


class Named(Taken):
    """An endpoint, by its id."""

    missing: ClassVar[str] = "There is no such endpoint."

    id: UUID


class New(Taken):
    """Where it is, and what it is to hear of."""

    refused: ClassVar[str] = _REFUSED

    url: _Url
    events: _Events = Field(default_factory=list)
    description: _Description = ""


class Change(Taken):
    """The fields to change; the others stay."""

    refused: ClassVar[str] = _REFUSED

    url: _Url | None = None
    events: _Events | None = None
    description: _Description | None = None
    on: Annotated[
        bool | None,
        Field(description="Off sends nothing; what happens meanwhile is not kept for it."),
    ] = None


class EndpointList(Told):
    """All endpoints, the first made first."""

    data: list[EndpointView]


class SecretView(Told):
    """What messages are signed with: `whsec_` and 32 bytes in base64."""

    secret: str


@operation("List webhook endpoints", tag=TAG, who=READS)
async def index(call: Call[Operator]) -> EndpointList:
    """Every endpoint of the operators; those of affiliates are their own."""
    async with call.db.read() as session:
        found = await endpoints.all_of(session, None)
    return EndpointList(data=[endpoint_of(one) for one in found])


@operation("Show a webhook endpoint", tag=TAG, who=READS)
async def show(call: Call[Operator], path: Named) -> EndpointView:
    """One endpoint."""
    async with call.db.read() as session:
        return endpoint_of(await endpoints.own(session, None, path.id))


@operation("Show the secret of a webhook endpoint", tag=TAG, who=WRITES)
async def show_secret(call: Call[Operator], path: Named) -> SecretView:
    """The secret that its messages are signed with now. It is made from the server's own key."""
    async with call.db.read() as session:
        found = await endpoints.own(session, None, path.id)
    return SecretView(secret=endpoints.secret_of(call.context.secret_key, found))


@operation(
    "Make a webhook endpoint",
    tag=TAG,
    who=WRITES,
    status=HTTPStatus.CREATED,
    problems=(CONFLICT,),
    key="optional",
    headers={LOCATION: "Where the endpoint is."},
)
@once
async def create(call: Call[Operator], body: New) -> Answer[EndpointView]:
    """From now on it hears of what happens. Its secret is asked for by itself."""
    async with writing(call) as write:
        wanted = Wanted(body.url, body.events, body.description)
        made = await endpoints.add(write.session, None, wanted, call.caller.actor)
        headers = {LOCATION: f"{call.request.rel_url.path}/{made.id}"}
        return write.told(endpoint_of(made), HTTPStatus.CREATED, headers)


@operation("Change a webhook endpoint", tag=TAG, who=WRITES, key="optional")
@once
async def change(call: Call[Operator], path: Named, body: Change) -> Answer[EndpointView]:
    """Change what is named, or switch it on or off."""
    actor = call.caller.actor
    async with writing(call) as write:
        one = await endpoints.own(write.session, None, path.id, hold=True)
        if {"url", "events", "description"} & body.model_fields_set:
            wanted = Wanted(
                one.url if body.url is None else body.url,
                one.events if body.events is None else body.events,
                one.description if body.description is None else body.description,
            )
            one = await endpoints.change(write.session, None, path.id, wanted, actor)
        if body.on is not None and (one.status == "on") != body.on:
            one = await endpoints.switch(write.session, None, path.id, actor, on=body.on)
        return write.told(endpoint_of(one))


@operation(
    "Rotate the secret of a webhook endpoint",
    tag=TAG,
    who=WRITES,
    problems=(CONFLICT,),
    key="optional",
)
@once
async def rotate(call: Call[Operator], path: Named) -> Answer[EndpointView]:
    """Give it another secret. For a day messages are signed with the one before, too."""
    async with writing(call) as write:
        one = await endpoints.rotate(write.session, None, path.id, call.caller.actor)
        return write.told(endpoint_of(one))


@operation("Remove a webhook endpoint", tag=TAG, who=WRITES, key="optional")
@once
async def remove(call: Call[Operator], path: Named) -> Answer[EndpointView]:
    """Nothing is sent to it any more; answers it as it was."""
    async with writing(call) as write:
        one = await endpoints.own(write.session, None, path.id, hold=True)
        before = endpoint_of(one)
        await endpoints.remove(write.session, None, path.id, call.caller.actor)
        return write.told(before)
