"""Endpoints of outgoing webhooks: where systems of operators and of affiliates want our news."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Index, text
from sqlmodel import Field, SQLModel, col, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field
from storage.ids import new_id

ON: Final = "on"
OFF: Final = "off"
REMOVED: Final = "removed"

_ON: Final = text("status = 'on'")


class WebhookEndpoint(SQLModel, table=True):
    """One address. Without an `affiliate_user_id` it is the operators' and hears of everybody.

    `events` are the kinds that it wants, all of them if empty. Its secret is made from the
    server's key and `salt`; the one of `former_salt` signs beside it until `former_until`.
    `failing_since` is when the attempts began of which none succeeded. `off_because` is a
    sentence where it was switched off by itself.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        # Asked by every sale: it holds only those that want to hear.
        Index(
            "ix_webhook_endpoints_on",
            "affiliate_user_id",
            sqlite_where=_ON,
            postgresql_where=_ON,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id", index=True)
    url: str
    description: str = ""
    events: list[str] = json_field(list)
    status: str = ON
    salt: str
    former_salt: str = ""
    former_until: datetime | None = None
    failing_since: datetime | None = None
    off_because: str = ""
    created_by: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)

    def wants(self, kind: str) -> bool:
        """Whether it was made to hear of this."""
        return not self.events or kind in self.events


async def get(
    session: AsyncSession, endpoint_id: UUID, *, hold: bool = False
) -> WebhookEndpoint | None:
    """One endpoint; `hold` lets nobody change it until the transaction ends.

    Deliveries to it can be asked for meanwhile, so that no sale waits for that.
    """
    query = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)
    if hold:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


async def listening(
    session: AsyncSession, owners: Collection[UUID | None], *, everybody: bool = False
) -> Sequence[WebhookEndpoint]:
    """The endpoints that are on of these affiliates (None: the operators'), or of all."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.status == ON)
    if not everybody:
        owned = [_owned_by(owner) for owner in sorted(owners, key=str)]
        query = query.where(or_(*owned))
    return (await session.exec(query.order_by(col(WebhookEndpoint.id)))).all()


async def of_owner(session: AsyncSession, owner: UUID | None) -> Sequence[WebhookEndpoint]:
    """The endpoints of an affiliate, or the operators', the first made first."""
    query = select(WebhookEndpoint).where(_owned_by(owner), WebhookEndpoint.status != REMOVED)
    return (await session.exec(query.order_by(col(WebhookEndpoint.id)))).all()


async def given_up(session: AsyncSession) -> Sequence[WebhookEndpoint]:
    """The operators' endpoints that were switched off by themselves."""
    query = select(WebhookEndpoint).where(
        _owned_by(None), WebhookEndpoint.status == OFF, WebhookEndpoint.off_because != ""
    )
    return (await session.exec(query.order_by(col(WebhookEndpoint.id)))).all()


async def count_of_owner(session: AsyncSession, owner: UUID | None) -> int:
    """How many endpoints an affiliate has, or the operators have."""
    query = select(func.count()).select_from(WebhookEndpoint)
    query = query.where(_owned_by(owner), WebhookEndpoint.status != REMOVED)
    return (await session.exec(query)).one()


async def note_success(session: AsyncSession, endpoint_id: UUID) -> None:
    """An attempt succeeded, so that the endpoint does not count as failing any more."""
    await session.exec(
        update(WebhookEndpoint)
        .where(
            col(WebhookEndpoint.id) == endpoint_id, col(WebhookEndpoint.failing_since).is_not(None)
        )
        .values(failing_since=None)
    )


def _owned_by(owner: UUID | None) -> ColumnElement[bool]:
    column = col(WebhookEndpoint.affiliate_user_id)
    return column.is_(None) if owner is None else column == owner
