"""`/api/admin/networks`: affiliate networks, what they are told of sales, and their partners."""

from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.api.contract import CONFLICT, Answer, Call, operation
from dashboard.api.idempotency import once, writing
from dashboard.api.network_views import (
    DeliveryList,
    DeliveryView,
    InvitedView,
    NetworkList,
    NetworkView,
    PartnerList,
    ToldOfSale,
    delivery_view,
    network_view,
    partner_view,
)
from dashboard.api.operators import Operator, operator
from dashboard.api.paging import Paging
from dashboard.api.taking import Taken
from domain import network_partners, network_sales, networks
from domain.errors import InvalidError, NotFoundError
from domain.network_partners import AT_ONCE, Invitation
from domain.networks import Terms
from integrations.networks import BY_NAME, Kind, read
from settings import Settings
from storage import network_partners as partner_rows
from storage import network_sales as sale_rows
from storage import networks as rows
from storage.networks import Network

_TAG: Final = "Networks"
_REFUSED: Final = "This network cannot be saved."
_Texts = Annotated[dict[str, str], Field(max_length=20)]


class Named(Taken):
    """A network, by its id."""

    missing: ClassVar[str] = "There is no such network."

    id: UUID


class NamedDelivery(Taken):
    """Something that a network was told, by its id."""

    missing: ClassVar[str] = "There is no such delivery."

    id: UUID


class Wanted(Taken):
    """A network. What `settings` and `secrets` are depends on its kind."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "wide-net",
                    "kind": "postback",
                    "name": "Wide Net",
                    "settings": {"template": "https://net.example/in?c={click_id}&t={event_id}"},
                }
            ]
        }
    )
    refused: ClassVar[str] = _REFUSED

    slug: str
    kind: Literal["partnerstack", "impact", "awin", "postback"]
    name: str
    click_parameter: str = ""
    settings: _Texts = Field(default_factory=dict)
    secrets: _Texts = Field(default_factory=dict)
    pays: Literal["network", "program"] = "network"
    timing: Literal["at_once", "after_hold"] = "at_once"
    base: Literal["gross", "net"] = "gross"
    cycles: Annotated[int, Field(ge=1, le=1000)] = 2


class Change(Taken):
    """The fields to change; the others stay, and so do secrets that are not named."""

    refused: ClassVar[str] = _REFUSED

    name: str = ""
    click_parameter: str = ""
    settings: _Texts = Field(default_factory=dict)
    secrets: _Texts = Field(default_factory=dict)
    pays: Literal["network", "program"] = "network"
    timing: Literal["at_once", "after_hold"] = "at_once"
    base: Literal["gross", "net"] = "gross"
    cycles: Annotated[int, Field(ge=1, le=1000)] = 2
    is_active: bool = True


class PartnerGiven(Taken):
    """Somebody to invite: their address, and their id at the network."""

    email: str
    partner_id: str
    name: str = ""


class Guests(Taken):
    """Partners to invite."""

    refused: ClassVar[str] = "Nobody was invited."

    partners: Annotated[tuple[PartnerGiven, ...], Field(min_length=1, max_length=AT_ONCE)]


@operation("List networks", tag=_TAG, who=operator("networks:read"))
async def index(call: Call[Operator]) -> NetworkList:
    """Every affiliate network that is or was told of sales."""
    async with call.db.read() as session:
        return NetworkList(data=[network_view(each) for each in await networks.views(session)])


@operation("Show a network", tag=_TAG, who=operator("networks:read"))
async def show(call: Call[Operator], path: Named) -> NetworkView:
    """One network."""
    async with call.db.read() as session:
        return await _one(session, await _found(session, path.id))


@operation(
    "Add a network",
    tag=_TAG,
    who=operator("networks:write"),
    status=HTTPStatus.CREATED,
    problems=(CONFLICT,),
    key="optional",
)
@once
async def create(call: Call[Operator], body: Wanted) -> Answer[NetworkView]:
    """Take a network into use. Secrets are sealed with TAX_ENCRYPTION_KEYS and never told again."""
    kind = BY_NAME[body.kind]
    known = _from_environment(call.context.settings, body.slug)
    terms = _terms(kind, body, body.settings, known)
    async with writing(call) as write:
        made = await networks.add(write.session, body.slug, kind.name, terms, call.caller.actor)
        return write.told(await _one(write.session, made), HTTPStatus.CREATED)


@operation(
    "Change a network",
    tag=_TAG,
    who=operator("networks:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def change(call: Call[Operator], path: Named, body: Change) -> Answer[NetworkView]:
    """Change what is named. Sales that it was told of keep their terms."""
    async with writing(call) as write:
        network = await _found(write.session, path.id)
        seen = await networks.view(write.session, network)
        known = _from_environment(call.context.settings, network.slug) | set(seen.sealed)
        had = {name: getattr(network, name) for name in _PLAIN}
        given = {name: getattr(body, name) for name in body.model_fields_set & _PLAIN}
        whole = body.model_copy(update=had | given)
        kept = {name: str(value) for name, value in network.settings.items()} | body.settings
        terms = _terms(BY_NAME[network.kind], whole, kept, frozenset(known))
        await networks.change(write.session, network.id, terms, call.caller.actor)
        if "is_active" in body.model_fields_set:
            on = body.is_active
            await networks.switch(write.session, network.id, call.caller.actor, on=on)
        return write.told(await _one(write.session, await _found(write.session, path.id)))


_PLAIN: Final = frozenset({"name", "click_parameter", "pays", "timing", "base", "cycles"})


@operation("List a network's deliveries", tag=_TAG, who=operator("networks:read"))
async def deliveries(call: Call[Operator], path: Named, query: Paging) -> DeliveryList:
    """What it was told of sales, and what it said."""
    async with call.db.read() as session:
        network = await _found(session, path.id)
        told = await sale_rows.latest(
            session, network_id=network.id, before=query.before, limit=query.to_fetch
        )
    about = {delivery.id: (conversion, sale) for delivery, conversion, sale, _ in told}
    page, cursor = query.cut([each[0] for each in told])
    shown = []
    for each in page:
        conversion, sale = about[each.id]
        shown.append(
            ToldOfSale(
                **delivery_view(each).model_dump(),
                invoice_id=sale.invoice_id,
                click_id=conversion.click_id,
                currency=conversion.currency,
            )
        )
    return DeliveryList(data=shown, next_cursor=cursor)


@operation(
    "Tell a network again",
    tag=_TAG,
    who=operator("networks:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def tell_again(call: Call[Operator], path: NamedDelivery) -> Answer[DeliveryView]:
    """Have a network told again what it refused, as after its settings were mended."""
    async with writing(call) as write:
        told = await network_sales.try_again(write.session, path.id, call.caller.actor)
        return write.told(delivery_view(told))


@operation(
    "Mark a delivery as done by hand",
    tag=_TAG,
    who=operator("networks:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def done_by_hand(call: Call[Operator], path: NamedDelivery) -> Answer[DeliveryView]:
    """Say that somebody told the network themselves what it had refused."""
    async with writing(call) as write:
        told = await network_sales.done_by_hand(write.session, path.id, call.caller.actor)
        return write.told(delivery_view(told))


@operation("List a network's partners", tag=_TAG, who=operator("networks:read"))
async def partners(call: Call[Operator], path: Named, query: Paging) -> PartnerList:
    """Whom it recruited: who was invited here, and who has joined."""
    async with call.db.read() as session:
        network = await _found(session, path.id)
        found = await partner_rows.of_network(
            session, network.id, before=query.before, limit=query.to_fetch
        )
    page, cursor = query.cut(found)
    return PartnerList(data=[partner_view(each) for each in page], next_cursor=cursor)


@operation(
    "Invite a network's partners",
    tag=_TAG,
    who=operator("networks:write"),
    problems=(CONFLICT,),
    key="optional",
)
@once
async def invite(call: Call[Operator], path: Named, body: Guests) -> Answer[InvitedView]:
    """Mail each partner an invitation, once. Who is in the program already is linked."""
    wanted = [Invitation(each.email, each.partner_id, each.name) for each in body.partners]
    network_partners.check(wanted)
    async with writing(call) as write:
        network = await _found(write.session, path.id)
        told = await network_partners.invite(write.session, network, wanted, call.caller.actor)
        return write.told(InvitedView(mailed=told.mailed, linked=told.joined, known=told.known))


def _terms(
    kind: Kind, body: Wanted | Change, given: dict[str, str], known: frozenset[str]
) -> Terms:
    settings, secrets, wrong = read(kind, {**given, **body.secrets}, known)
    if wrong:
        raise InvalidError(" ".join(wrong.values()), wrong)
    return Terms(
        name=body.name,
        click_parameter=body.click_parameter or kind.click_parameter,
        settings=settings,
        pays=body.pays,
        timing=body.timing,
        base=body.base,
        cycles=body.cycles,
        secrets=secrets,
    )


def _from_environment(settings: Settings, slug: str) -> frozenset[str]:
    return frozenset(settings.network_secrets.get(slug, {}))


async def _found(session: AsyncSession, network_id: UUID) -> Network:
    network = await rows.get(session, network_id)
    if network is None:
        raise NotFoundError(Named.missing)
    return network


async def _one(session: AsyncSession, network: Network) -> NetworkView:
    return network_view(await networks.view(session, network))
