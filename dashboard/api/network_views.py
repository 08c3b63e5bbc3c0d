"""Networks, their partners and what they were told, as the admin API shows them."""

from uuid import UUID

from dashboard.api.moments import Moment
from dashboard.api.paging import NextCursor
from dashboard.api.taking import Told
from domain.networks import View
from storage.network_partners import NetworkPartner
from storage.network_sales import NetworkDelivery


class NetworkView(Told):
    """A network. `secrets` names those that are sealed; what they are is never told.

    `invited` and `joined` count its partners, `refused` what it refused and nobody dealt with.
    """

    id: UUID
    slug: str
    kind: str
    name: str
    is_active: bool
    click_parameter: str
    settings: dict[str, str]
    secrets: list[str]
    pays: str
    timing: str
    base: str
    cycles: int
    invited: int
    joined: int
    refused: int


class NetworkList(Told):
    """Every network, in the order in which they were added."""

    data: list[NetworkView]


class DeliveryView(Told):
    """One thing that a network was told: the sale is worth `amount`, which is `change` more.

    Both are minor units. `status` is open, sent, refused or by_hand; `answer` is what it said.
    """

    id: UUID
    version: int
    order: str
    amount: int
    change: int
    status: str
    answer: str
    created_at: Moment
    sent_at: Moment | None


class ToldOfSale(DeliveryView):
    """A delivery with the sale that it is about."""

    invoice_id: str
    click_id: str
    currency: str


class DeliveryList(Told):
    """Deliveries, the newest first."""

    data: list[ToldOfSale]
    next_cursor: NextCursor


class PartnerView(Told):
    """A partner who was invited; `affiliate_id` is who they are here, once they have joined."""

    id: UUID
    partner_id: str
    name: str
    email: str
    invited_at: Moment
    joined_at: Moment | None
    affiliate_id: UUID | None


class PartnerList(Told):
    """Partners, the last invited first."""

    data: list[PartnerView]
    next_cursor: NextCursor


class InvitedView(Told):
    """What became of invitations: mailed, in the program already, and invited before."""

    mailed: int
    linked: int
    known: int


def network_view(found: View) -> NetworkView:
    """A network as it is shown."""
    network = found.network
    return NetworkView(
        id=network.id,
        slug=network.slug,
        kind=network.kind,
        name=network.name,
        is_active=network.is_active,
        click_parameter=network.click_parameter,
        settings={name: str(value) for name, value in network.settings.items()},
        secrets=list(found.sealed),
        pays=network.pays,
        timing=network.timing,
        base=network.base,
        cycles=network.cycles,
        invited=found.invited,
        joined=found.joined,
        refused=found.refused,
    )


def delivery_view(delivery: NetworkDelivery) -> DeliveryView:
    """A delivery as it is shown."""
    return DeliveryView(
        id=delivery.id,
        version=delivery.version,
        order=delivery.reference,
        amount=delivery.amount,
        change=delivery.change,
        status=delivery.status,
        answer=delivery.answer,
        created_at=delivery.created_at,
        sent_at=delivery.sent_at,
    )


def partner_view(partner: NetworkPartner) -> PartnerView:
    """A partner as they are shown."""
    return PartnerView(
        id=partner.id,
        partner_id=partner.partner_id,
        name=partner.name,
        email=partner.email,
        invited_at=partner.invited_at,
        joined_at=partner.joined_at,
        affiliate_id=partner.affiliate_user_id,
    )
