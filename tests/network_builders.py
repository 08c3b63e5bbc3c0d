"""Small makers of networks and of people whom they brought."""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain import networks, signups
from domain.networks import Terms
from domain.signups import SignUp, Touch, Verdict
from storage import network_sales as rows
from storage.db import Database
from storage.network_sales import NetworkConversion, NetworkDelivery
from storage.networks import Network
from storage.sales import Sale
from tests.builders import BUYER, RITA


def some_terms(**changes: Any) -> Terms:
    """A network that pays its partners, told at once of the first two paid cycles."""
    given: dict[str, Any] = {
        "name": "Wide Net",
        "click_parameter": "clickid",
        "settings": {"template": "https://net.example/in?c={click_id}"},
    }
    return Terms(**(given | changes))


async def add_network(
    db: Database, slug: str = "wide", kind: str = "postback", **changes: Any
) -> Network:
    """Take a network into use."""
    async with db.transaction() as session:
        return await networks.add(session, slug, kind, some_terms(**changes), RITA)


async def sign_up(db: Database, ref: str = "", click: str = "abc", **changes: Any) -> Verdict:
    """The buyer of `tests.builders.facts` signs up, by a network and maybe a link of ours."""
    given: dict[str, Any] = {"customer_id": BUYER.id, "email": BUYER.email} | changes
    clicks = {"clickid": click} if click else {}
    async with db.transaction() as session:
        return await signups.sign_up(
            session, SignUp(last=Touch(ref=ref, network_clicks=clicks), **given)
        )


async def told(db: Database, sale: Sale) -> tuple[NetworkConversion, list[NetworkDelivery]]:
    """What a network is told of a sale."""
    async with db.read() as session:
        found = await rows.of_sale(session, sale.id)
        assert found is not None
        return found, list(await rows.of_conversion(session, found.id))


async def every_conversion(db: Database) -> list[NetworkConversion]:
    """Every conversion."""
    async with db.read() as session:
        query = select(NetworkConversion).order_by(col(NetworkConversion.id))
        return list((await session.exec(query)).all())


async def network_id(db: Database, slug: str = "wide") -> UUID:
    """A network's id."""
    async with db.read() as session:
        return (await networks.named(session, slug)).id
