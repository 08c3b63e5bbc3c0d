"""Affiliate networks that conversions are posted to, and whom they brought."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field
from storage.ids import new_id


class Network(SQLModel, table=True):
    """One network. `kind` says how it is spoken to, `slug` is its name for good.

    `click_parameter` is what its links add to the address that they lead to. `settings` are its
    ids there, by the fields of its kind; what is secret is in `sealed`, which the vault opens.

    `pays` is `network` where it pays its partners for what is posted, so that the program does not,
    or `program`. `timing` is `at_once` or `after_hold`; `base` is `gross` or `net` of the payment
    fee, as for commissions. The first `cycles` paid invoices of a customer are posted.
    """

    __tablename__ = "affiliate_networks"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str = Field(unique=True)
    kind: str
    name: str
    is_active: bool = True
    click_parameter: str
    settings: dict[str, Any] = json_field(dict)
    sealed: str = ""
    pays: str = "network"
    timing: str = "at_once"
    base: str = "gross"
    cycles: int = 2
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class NetworkCustomer(SQLModel, table=True):
    """Somebody whom a network brought: the click that it named, and by what they are known.

    `affiliate_user_id` is whose referral link was in the same click; null where the network led to
    the product by itself, so that nobody here is known for it.
    """

    __tablename__ = "affiliate_network_customers"
    __table_args__ = (
        Index("ix_affiliate_network_customers_customer", "customer_id"),
        Index("ix_affiliate_network_customers_user", "user_id"),
        Index("ix_affiliate_network_customers_email", "email_key"),
        Index("ix_affiliate_network_customers_affiliate", "affiliate_user_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    network_id: UUID = Field(foreign_key="affiliate_networks.id")
    click_id: str
    customer_id: str = ""
    user_id: str = ""
    email_key: str = ""
    affiliate_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id")
    created_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, network_id: UUID, *, lock: bool = False) -> Network | None:
    """One network; `lock` holds the row until the transaction ends."""
    return await session.get(Network, network_id, with_for_update=lock, populate_existing=lock)


async def by_slug(session: AsyncSession, slug: str) -> Network | None:
    """The network of this name."""
    return (await session.exec(select(Network).where(Network.slug == slug))).one_or_none()


async def everyone(
    session: AsyncSession, *, only_active: bool = False, lock: bool = False
) -> Sequence[Network]:
    """Every network, in the order in which they were added; they are few."""
    query = select(Network).order_by(col(Network.id))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    if only_active:
        query = query.where(col(Network.is_active).is_(True))
    return (await session.exec(query)).all()


async def customer_of(
    session: AsyncSession, customer_id: str, user_id: str, email_key: str
) -> NetworkCustomer | None:
    """By which network somebody came: known as a customer, else as a user, else by their address.

    Of several clicks of one person the first that was kept counts. What is empty is not looked for.
    """
    for column, value in (
        (NetworkCustomer.customer_id, customer_id),
        (NetworkCustomer.user_id, user_id),
        (NetworkCustomer.email_key, email_key),
    ):
        if not value:
            continue
        query = select(NetworkCustomer).where(column == value).order_by(col(NetworkCustomer.id))
        if found := (await session.exec(query.limit(1))).first():
            return found
    return None
