"""Partners at a network who were invited here, and which affiliates became of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, delete
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id


class NetworkPartner(SQLModel, table=True):
    """Somebody known at a network by `partner_id`, invited by mail at `invited_at`.

    `application_id` is what they sent by the link of the invitation; `affiliate_user_id` who they
    are here, once they have joined.
    """

    __tablename__ = "affiliate_network_partners"
    __table_args__ = (
        UniqueConstraint("network_id", "partner_id"),
        UniqueConstraint("network_id", "email_key"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    network_id: UUID = Field(foreign_key="affiliate_networks.id")
    partner_id: str
    name: str = ""
    email: str
    email_key: str = Field(index=True)
    application_id: UUID | None = Field(default=None, foreign_key="affiliate_applications.id")
    affiliate_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id", index=True)
    invited_by: str = ""
    invited_at: datetime
    joined_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, row_id: UUID, *, lock: bool = False) -> NetworkPartner | None:
    """One partner; `lock` holds the row until the transaction ends."""
    return await session.get(NetworkPartner, row_id, with_for_update=lock, populate_existing=lock)


async def known(
    session: AsyncSession, network_id: UUID, partner_id: str, email_key: str
) -> Sequence[NetworkPartner]:
    """Who at a network has this id there, or this address."""
    query = select(NetworkPartner).where(
        NetworkPartner.network_id == network_id,
        (col(NetworkPartner.partner_id) == partner_id)
        | (col(NetworkPartner.email_key) == email_key),
    )
    return (await session.exec(query.order_by(col(NetworkPartner.id)))).all()


async def waiting_for(
    session: AsyncSession, application_id: UUID, email_key: str
) -> Sequence[NetworkPartner]:
    """The invitations that somebody who applied was sent, at any network."""
    query = select(NetworkPartner).where(
        col(NetworkPartner.affiliate_user_id).is_(None),
        (col(NetworkPartner.application_id) == application_id)
        | (col(NetworkPartner.email_key) == email_key),
    )
    return (await session.exec(query.order_by(col(NetworkPartner.id)))).all()


async def of_affiliate(session: AsyncSession, affiliate_id: UUID) -> Sequence[NetworkPartner]:
    """Who an affiliate is at networks."""
    query = select(NetworkPartner).where(NetworkPartner.affiliate_user_id == affiliate_id)
    return (await session.exec(query.order_by(col(NetworkPartner.id)))).all()


async def of_network(
    session: AsyncSession, network_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Sequence[NetworkPartner]:
    """A network's invited partners, the last invited first; `before` ends the page."""
    query = select(NetworkPartner).where(NetworkPartner.network_id == network_id)
    if before is not None:
        query = query.where(col(NetworkPartner.id) < before)
    return (await session.exec(query.order_by(col(NetworkPartner.id).desc()).limit(limit))).all()


async def counts(session: AsyncSession, network_id: UUID) -> tuple[int, int]:
    """How many partners of a network were invited, and how many of them have joined."""
    query = select(func.count(), func.count(col(NetworkPartner.affiliate_user_id))).where(
        NetworkPartner.network_id == network_id
    )
    invited, joined = (await session.exec(query)).one()
    return invited, joined


async def forget(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete invitations of before a moment that nobody took up; returns how many."""
    old = select(NetworkPartner.id).where(
        col(NetworkPartner.invited_at) < before,
        col(NetworkPartner.application_id).is_(None),
        col(NetworkPartner.affiliate_user_id).is_(None),
    )
    old = old.order_by(col(NetworkPartner.id)).limit(limit)
    gone = delete(NetworkPartner).where(col(NetworkPartner.id).in_(old))
    return (await session.exec(gone)).rowcount
