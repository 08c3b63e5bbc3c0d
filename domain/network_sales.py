"""What networks are told of sales: whose sale it is, what it is worth, and each change of that.

A sale is paid for once. Where a network brought the customer and pays its partner, there is no
commission here; where somebody else here is credited, as by their promo code, the network is told
nothing. What was decided when a sale was first seen stays.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import network_clicks, network_effects
from domain.attribution import Customer
from domain.audit import Actor, record
from domain.emails import email_key
from domain.errors import ConflictError, NotFoundError
from domain.network_clicks import Known
from domain.networks import AFTER_HOLD, NETWORK
from domain.program import Program
from domain.texts import keepable
from storage import network_sales as rows
from storage import networks, outbox
from storage import sales as sale_rows
from storage.affiliates import Affiliate
from storage.network_sales import BY_HAND, OPEN, REFUSED, SENT, NetworkConversion, NetworkDelivery
from storage.networks import Network, NetworkCustomer
from storage.sales import Sale

PAID_BY_NETWORK: Final = "network_pays"
ANSWER_MAX: Final = 500
_REFERENCE_MAX: Final = 40
"""With a version behind it, what every network takes whole: the shortest limit is 50."""


async def claim(
    session: AsyncSession,
    sale: Sale,
    customer: Customer,
    affiliate: Affiliate | None,
    settings: Program,
) -> bool:
    """Have a network told of a sale whose customer it brought; whether it pays for it.

    `affiliate` is who is credited here. What is decided is written below the sale's trace.
    """
    made = await rows.of_sale(session, sale.id)
    if made is not None:
        network = await networks.get(session, made.network_id)
        return network is not None and _conclude(sale, network, made.pays, made.click_id)
    found = await _came_by(session, sale, customer)
    network = await networks.get(session, found.network_id) if found else None
    if found is None or network is None or not network.is_active:
        return False
    if affiliate is not None and found.affiliate_user_id != affiliate.id:
        _note(
            sale,
            f"{network.name} is not told: its click {found.click_id} led the customer here, but "
            f"{affiliate.promo_code} is credited, and only one of the two is paid.",
        )
        return False
    if sale.cycle > network.cycles:
        _note(
            sale,
            f"{network.name} is not told: this is paid cycle {sale.cycle}, and it hears of the "
            f"first {network.cycles}.",
        )
        return _conclude(sale, network, network.pays, found.click_id)
    held = timedelta(days=settings.hold_days if network.timing == AFTER_HOLD else 0)
    made = NetworkConversion(
        network_id=network.id,
        sale_id=sale.id,
        click_id=found.click_id,
        reference=_reference(sale.invoice_id),
        currency=sale.currency,
        pays=network.pays,
        base=network.base,
        due_at=sale.paid_at + held,
    )
    session.add(made)
    await session.flush()
    await network_effects.tell(session, made.id, made.due_at)
    return _conclude(sale, network, made.pays, made.click_id)


async def _came_by(session: AsyncSession, sale: Sale, customer: Customer) -> NetworkCustomer | None:
    """The click by which a network brought a customer, also one that only their metadata names."""
    who = Known(sale.customer_id, keepable(customer.user_id), email_key(keepable(customer.email)))
    found = await network_clicks.came_by(session, who)
    if found is not None:
        return found
    given = {name: str(value or "") for name, value in customer.metadata.items()}
    *_, kept = network_clicks.click_in(given, await network_clicks.parameters(session))
    if not kept:
        return None
    await network_clicks.remember(session, kept, who)
    return await network_clicks.came_by(session, who)


def _conclude(sale: Sale, network: Network, pays: str, click_id: str) -> bool:
    if pays != NETWORK:
        _note(sale, f"{network.name} is told of it, for its click {click_id}; the program pays.")
        return False
    sale.outcome = PAID_BY_NETWORK
    _note(
        sale,
        f"{network.name} brought the customer, with its click {click_id}, and pays its partner: "
        "there is no commission here.",
    )
    return True


def _note(sale: Sale, sentence: str) -> None:
    sale.trace = [*sale.trace, {"step": "network", "result": sentence}]


def _reference(invoice_id: str) -> str:
    """The order's name at the network: the invoice, or what stands for one with a long name."""
    if len(invoice_id) <= _REFERENCE_MAX:
        return invoice_id
    return hashlib.sha256(invoice_id.encode()).hexdigest()[:_REFERENCE_MAX]


def worth(sale: Sale, base: str) -> int:
    """What a network is told that a sale is worth: what is left of it without tax, in minor units.

    `net` is less the payment fee, too; never below 0.
    """
    left = sale.collected - sale.tax - sale.refunded - sale.disputed
    return max(0, left - (sale.fee if base == "net" else 0))


async def follow(session: AsyncSession, sale: Sale) -> None:
    """Have the network that knows of a sale told what it is worth now, if that changed.

    The conversion is held until the transaction ends: of a change of the sale and a delivery that
    arrives at the same moment the second sees the first, and asks for what is left to tell.
    """
    conversion = await rows.of_sale(session, sale.id, lock=True)
    if conversion is not None and worth(sale, conversion.base) != conversion.posted:
        await network_effects.tell_again(session, conversion.id)


async def begin_delivery(session: AsyncSession, conversion_id: UUID) -> NetworkDelivery | None:
    """The next thing to tell of a conversion: one that was begun before, else the change since.

    What was begun keeps its amount, whatever happens meanwhile, so that repeating it repeats the
    same. None where there is nothing to tell.
    """
    conversion = await rows.get(session, conversion_id, lock=True)
    sale = await session.get(Sale, conversion.sale_id) if conversion else None
    if conversion is None or sale is None:
        return None
    begun = await rows.unfinished(session, conversion_id)
    if begun is None:
        amount = worth(sale, conversion.base)
        if amount == conversion.posted:
            return None
        version = conversion.version + 1
        if conversion.posted == 0 and version > 1:
            # It was taken back there, which is for good: what is left of it is another order.
            conversion.reference = f"{_reference(sale.invoice_id)}-{version}"
        conversion.version, conversion.updated_at = version, clock.now()
        session.add(conversion)
        begun = NetworkDelivery(
            conversion_id=conversion_id,
            version=version,
            reference=conversion.reference,
            amount=amount,
            change=amount - conversion.posted,
        )
    begun.status = OPEN
    session.add(begun)
    await session.flush()
    return begun


async def leaves(session: AsyncSession, delivery_id: UUID) -> None:
    """Note that a network is told now: whatever becomes of that, it may have heard."""
    delivery = await _delivery(session, delivery_id)
    delivery.tried_at = clock.now()
    session.add(delivery)


async def under_way(session: AsyncSession, delivery_id: UUID, ticket: str) -> None:
    """Keep what a network named its work on a delivery, to ask for its outcome."""
    delivery = await _delivery(session, delivery_id)
    delivery.ticket = keepable(ticket)[:ANSWER_MAX]
    session.add(delivery)


async def delivered(session: AsyncSession, delivery_id: UUID, answer: str) -> None:
    """A network has taken what it was told; if more has changed meanwhile, that comes next."""
    await _end(session, await _delivery(session, delivery_id), SENT, answer)


async def refused(session: AsyncSession, delivery_id: UUID, answer: str) -> None:
    """A network refused for good what it was told: that waits for a person."""
    delivery = await _delivery(session, delivery_id)
    if delivery.status == OPEN:
        # What a network refused to do has no outcome that could still be asked for.
        delivery.status, delivery.ticket = REFUSED, ""
        delivery.answer = keepable(answer)[:ANSWER_MAX]
        session.add(delivery)


async def done_by_hand(session: AsyncSession, delivery_id: UUID, actor: Actor) -> NetworkDelivery:
    """Somebody told the network themselves what it had refused. Raises `ConflictError`."""
    delivery = await _delivery(session, delivery_id)
    if delivery.status != REFUSED:
        raise ConflictError("The network did not refuse this, so there is nothing to do by hand.")
    await _end(session, delivery, BY_HAND, delivery.answer)
    subject = f"network_delivery:{delivery.id}"
    await record(session, actor, "network.done_by_hand", subject, order=delivery.reference)
    return delivery


async def try_again(session: AsyncSession, delivery_id: UUID, actor: Actor) -> NetworkDelivery:
    """Have a network told again what it refused, as after its settings were mended."""
    delivery = await _delivery(session, delivery_id)
    if delivery.status != REFUSED:
        raise ConflictError("The network did not refuse this, so it is not told again.")
    await network_effects.tell_again(session, delivery.conversion_id)
    subject = f"network_delivery:{delivery.id}"
    await record(session, actor, "network.told_again", subject, order=delivery.reference)
    return delivery


async def _end(session: AsyncSession, delivery: NetworkDelivery, how: str, answer: str) -> None:
    if delivery.status in {SENT, BY_HAND}:
        return
    delivery.status, delivery.sent_at = how, clock.now()
    delivery.answer = keepable(answer)[:ANSWER_MAX]
    session.add(delivery)
    conversion = await rows.get(session, delivery.conversion_id, lock=True)
    sale = await session.get(Sale, conversion.sale_id) if conversion else None
    if conversion is None or sale is None:
        return
    conversion.posted, conversion.updated_at = delivery.amount, clock.now()
    session.add(conversion)
    await session.flush()
    await follow(session, sale)


async def _delivery(session: AsyncSession, delivery_id: UUID) -> NetworkDelivery:
    found = await rows.delivery(session, delivery_id)
    if found is not None:
        # Whoever decides about a delivery holds its conversion; then nobody else has changed it.
        await rows.get(session, found.conversion_id, lock=True)
        await session.refresh(found)
        return found
    raise NotFoundError("There is no such delivery.")


@dataclass(frozen=True, slots=True)
class Story:
    """What a network was told of a sale, and what it is still to be told."""

    network: Network
    conversion: NetworkConversion
    deliveries: tuple[NetworkDelivery, ...]
    wanted: int
    waits: bool


async def story(session: AsyncSession, sale: Sale) -> Story | None:
    """What a network was told of a sale; None where none is."""
    conversion = await rows.of_sale(session, sale.id)
    network = await networks.get(session, conversion.network_id) if conversion else None
    if conversion is None or network is None:
        return None
    told = tuple(await rows.of_conversion(session, conversion.id))
    lane = network_effects.lane(conversion.id)
    waits = await outbox.is_busy(session, lane)
    return Story(network, conversion, told, worth(sale, conversion.base), waits)


async def stories(session: AsyncSession, invoice_id: str) -> Story:
    """The same by invoice. Raises `NotFoundError` where no network is told of it."""
    sale = await sale_rows.by_invoice(session, keepable(invoice_id))
    found = await story(session, sale) if sale else None
    if found is None:
        raise NotFoundError(f"No network is told of {keepable(invoice_id)}.")
    return found
