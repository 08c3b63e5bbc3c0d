"""Clicks that a network named: read from an address, and kept with whom they brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.networks import CLICK_MAX
from domain.texts import keepable
from storage import networks as rows
from storage.networks import Network, NetworkCustomer

Parameters = tuple[tuple[str, str], ...]
"""The parameters that networks in use add to their links, each with the network's name."""

_BETWEEN: Final = ":"


async def parameters(session: AsyncSession) -> Parameters:
    """What to look for in the addresses that visitors come to."""
    active = await rows.everyone(session, only_active=True)
    return tuple((each.click_parameter, each.slug) for each in active)


def click_in(given: Mapping[str, str], known: Parameters) -> tuple[str, str, str]:
    """The click that an address names: its parameter, its id, and both as they are kept.

    All empty where there is none. One that is too long to be whole is none.
    """
    for parameter, slug in known:
        value = given.get(parameter, "")
        if value and len(value) <= CLICK_MAX and value.isprintable() and keepable(value) == value:
            return parameter, value, f"{slug}{_BETWEEN}{value}"
    return "", "", ""


async def network_of(session: AsyncSession, kept: str) -> tuple[Network | None, str]:
    """The network that named a click, if it is in use, and the click's id there."""
    slug, _, click_id = kept.partition(_BETWEEN)
    network = await rows.by_slug(session, slug) if click_id else None
    return (network if network and network.is_active else None), click_id


@dataclass(frozen=True, slots=True)
class Known:
    """By what somebody is known, as far as it is: customer, user of the product, mailbox."""

    customer_id: str
    user_id: str
    email_key: str


async def came_by(session: AsyncSession, who: Known) -> NetworkCustomer | None:
    """By which network somebody came; what else they are known by is noted there."""
    found = await rows.customer_of(session, who.customer_id, who.user_id, who.email_key)
    if found is not None:
        found.customer_id = found.customer_id or who.customer_id
        found.user_id = found.user_id or who.user_id
        found.email_key = found.email_key or who.email_key
        session.add(found)
        await session.flush()
    return found


async def remember(
    session: AsyncSession, kept: str, who: Known, affiliate_id: UUID | None = None
) -> Network | None:
    """Keep by which network somebody came; the first that is kept of a person stays.

    Whoever calls holds the person's turn. Returns the network, None where the click is of none that
    is in use.
    """
    network, click_id = await network_of(session, kept)
    if network is not None and await came_by(session, who) is None:
        session.add(
            NetworkCustomer(
                network_id=network.id,
                click_id=click_id,
                customer_id=who.customer_id,
                user_id=who.user_id,
                email_key=who.email_key,
                affiliate_user_id=affiliate_id,
            )
        )
        await session.flush()
    return network
