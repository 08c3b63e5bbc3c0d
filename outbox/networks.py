"""What affiliate networks are told of sales: each change once, and each network in its own way."""

from dataclasses import dataclass
from uuid import UUID

from domain import effects, network_sales, networks
from domain.errors import ConflictError
from domain.money import digits
from integrations.awin import Awin
from integrations.errors import TransportError
from integrations.impact import Impact
from integrations.networks import BY_NAME, NetworkClient, Order, Taken
from integrations.partnerstack import PartnerStack
from integrations.postback import Postback
from outbox.registry import effect
from outbox.services import Services
from settings import Settings
from storage import network_sales as rows
from storage import networks as network_rows
from storage.network_sales import NetworkDelivery
from storage.networks import Network
from storage.outbox import Effect
from storage.sales import Sale
from storage.worker import GiveUpError, Job, TryLaterError


@dataclass(frozen=True, slots=True)
class _Task:
    delivery: NetworkDelivery
    network: Network
    order: Order
    secrets: dict[str, str]


@effect(effects.NETWORK_CONVERSION)
async def tell(job: Job[Effect], services: Services) -> None:
    """Tell a network what a sale is worth now.

    What to tell is written down before it leaves, so that an attempt whose answer was lost is
    looked for, or repeated word for word. What the network refuses for good waits for an operator.
    """
    conversion_id = UUID(job.row.payload["conversion"])
    async with services.db.transaction() as session:
        begun = await network_sales.begin_delivery(session, conversion_id)
    if begun is None:
        return
    try:
        task = await _task(services, begun)
        taken = await _reach(task, services)
    except (ConflictError, TransportError) as error:
        if isinstance(error, TransportError) and not error.permanent:
            raise
        async with services.db.transaction() as session:
            await network_sales.refused(session, begun.id, str(error))
        raise GiveUpError(str(error)) from error
    if taken.ticket:
        async with services.db.transaction() as session:
            await network_sales.under_way(session, begun.id, taken.ticket)
        raise TryLaterError(f"{task.network.name} works on it: {taken.answer}.")
    async with job.transaction() as session:
        await network_sales.delivered(session, begun.id, taken.answer)


async def _task(services: Services, delivery: NetworkDelivery) -> _Task:
    given = {
        slug: {name: secret.get_secret_value() for name, secret in secrets.items()}
        for slug, secrets in services.settings.network_secrets.items()
    }
    async with services.db.read() as session:
        conversion = await rows.get(session, delivery.conversion_id)
        network = await network_rows.get(session, conversion.network_id) if conversion else None
        sale = await session.get(Sale, conversion.sale_id) if conversion else None
        if conversion is None or network is None or sale is None:
            raise GiveUpError("The sale that a network is to be told of is gone.")
        secrets = networks.secrets_of(session, network, given)
    order = Order(
        id=str(delivery.id),
        reference=delivery.reference,
        version=delivery.version,
        amount=delivery.amount,
        change=delivery.change,
        amount_text=digits(delivery.amount, conversion.currency),
        change_text=digits(delivery.change, conversion.currency),
        currency=conversion.currency,
        click_id=conversion.click_id,
        customer_id=sale.customer_id,
        paid_at=sale.paid_at,
        begun_at=delivery.created_at,
        tried_at=delivery.tried_at or delivery.created_at,
        network=network.slug,
    )
    return _Task(delivery, network, order, secrets)


async def _reach(task: _Task, services: Services) -> Taken:
    client = _client(task, services)
    try:
        if task.delivery.ticket:
            return await client.outcome(task.delivery.ticket)
        found = await client.find(task.order) if task.delivery.tried_at else None
        if found:
            return found
        async with services.db.transaction() as session:
            await network_sales.leaves(session, task.delivery.id)
        return await client.tell(task.order)
    finally:
        await client.close()


def _client(task: _Task, services: Services) -> NetworkClient:
    network, settings = task.network, services.settings
    kind = BY_NAME[network.kind]
    for field in kind.fields:
        there = task.secrets if field.is_secret else network.settings
        if not field.is_optional and not there.get(field.name):
            raise TransportError(
                f"{network.name} has no {field.label.lower()}: see /affiliate networks.",
                permanent=True,
            )
    given = {name: str(value) for name, value in network.settings.items()}
    if kind.name == "postback":
        if services.public_post is None:
            raise TransportError("Nothing may be sent to addresses here.", permanent=True)
        return Postback(given, task.secrets, services.public_post)
    return _of_vendor(kind.name, given, task.secrets, settings)


def _of_vendor(
    kind: str, given: dict[str, str], secrets: dict[str, str], settings: Settings
) -> NetworkClient:
    if kind == "partnerstack":
        links = settings.partnerstack_links_url
        return PartnerStack(given, secrets, settings.partnerstack_api_url, links)
    if kind == "impact":
        return Impact(given, secrets, settings.impact_api_url)
    return Awin(given, secrets, settings.awin_api_url)
