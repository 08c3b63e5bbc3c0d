"""What networks are told of sales: a conversion for each sale, a delivery for each change of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id
from storage.networks import Network
from storage.sales import Sale

OPEN: Final = "open"
SENT: Final = "sent"
REFUSED: Final = "refused"
BY_HAND: Final = "by_hand"


def _money() -> int:
    """A column of minor units; a column object belongs to one table, so each field has its own."""
    column: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    return column


class NetworkConversion(SQLModel, table=True):
    """A sale as a network is told of it, on terms that were frozen when it was first seen.

    `posted` is what the network has heard last, in minor units of `currency`, and `version` counts
    how often it was told something. `reference` names the order there, as it was last begun.
    `due_at` is when it may be told at the earliest.
    """

    __tablename__ = "affiliate_network_conversions"
    __table_args__ = (Index("ix_affiliate_network_conversions_network", "network_id", "id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    network_id: UUID = Field(foreign_key="affiliate_networks.id")
    sale_id: UUID = Field(foreign_key="sales.id", unique=True)
    click_id: str
    reference: str
    currency: str
    pays: str
    base: str
    posted: int = _money()
    version: int = 0
    due_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class NetworkDelivery(SQLModel, table=True):
    """One thing that a network is told once: a sale is worth `amount`, `change` more than before.

    Both are minor units. `status` is open until the network has taken it (`sent`), refused it for
    good (`refused`), or somebody has told it there themselves (`by_hand`). `ticket` is what the
    network named its own work on it, `answer` what it said, `tried_at` when it was told last.
    """

    __tablename__ = "affiliate_network_deliveries"
    __table_args__ = (
        UniqueConstraint("conversion_id", "version"),
        Index("ix_affiliate_network_deliveries_status", "status", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    conversion_id: UUID = Field(foreign_key="affiliate_network_conversions.id")
    version: int
    reference: str
    amount: int = _money()
    change: int = _money()
    status: str = OPEN
    ticket: str = ""
    answer: str = ""
    tried_at: datetime | None = None
    sent_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)


async def get(
    session: AsyncSession, conversion_id: UUID, *, lock: bool = False
) -> NetworkConversion | None:
    """One conversion; `lock` holds the row until the transaction ends."""
    return await session.get(
        NetworkConversion, conversion_id, with_for_update=lock, populate_existing=lock
    )


async def delivery(session: AsyncSession, delivery_id: UUID) -> NetworkDelivery | None:
    """One delivery."""
    return await session.get(NetworkDelivery, delivery_id)


async def of_sale(
    session: AsyncSession, sale_id: UUID, *, lock: bool = False
) -> NetworkConversion | None:
    """What a network is told of a sale, if one is; `lock` holds it until the transaction ends."""
    query = select(NetworkConversion).where(NetworkConversion.sale_id == sale_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


async def unfinished(session: AsyncSession, conversion_id: UUID) -> NetworkDelivery | None:
    """The delivery that was begun and that the network has not taken yet."""
    query = select(NetworkDelivery).where(
        NetworkDelivery.conversion_id == conversion_id,
        col(NetworkDelivery.status).in_((OPEN, REFUSED)),
    )
    return (await session.exec(query.order_by(col(NetworkDelivery.version)))).first()


async def of_conversion(session: AsyncSession, conversion_id: UUID) -> Sequence[NetworkDelivery]:
    """Everything that was told of a conversion, the oldest first."""
    query = select(NetworkDelivery).where(NetworkDelivery.conversion_id == conversion_id)
    return (await session.exec(query.order_by(col(NetworkDelivery.version)))).all()


Told = tuple[NetworkDelivery, NetworkConversion, Sale, Network]


async def latest(
    session: AsyncSession,
    *,
    network_id: UUID | None = None,
    status: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> Sequence[Told]:
    """The newest deliveries with what they are about, the newest first; `before` ends the page."""
    query = (
        select(NetworkDelivery, NetworkConversion, Sale, Network)
        .join(NetworkConversion, col(NetworkConversion.id) == NetworkDelivery.conversion_id)
        .join(Sale, col(Sale.id) == NetworkConversion.sale_id)
        .join(Network, col(Network.id) == NetworkConversion.network_id)
        .order_by(col(NetworkDelivery.id).desc())
        .limit(limit)
    )
    if network_id is not None:
        query = query.where(NetworkConversion.network_id == network_id)
    if status:
        query = query.where(NetworkDelivery.status == status)
    if before is not None:
        query = query.where(col(NetworkDelivery.id) < before)
    return (await session.exec(query)).all()
