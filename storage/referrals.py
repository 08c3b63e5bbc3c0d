"""Referrals: customers whom an affiliate brought."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Index, and_, text
from sqlmodel import Field, SQLModel, col, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id
from storage.pages import Stretch, newest
from storage.sales import Sale


class Referral(SQLModel, table=True):
    """One customer, attributed once. `plan` and `status` follow their subscription.

    A sign-up through a link makes one with `first_sale` False; the first sale settles who it
    is, and from then on it decides the customer's renewals. Before it the customer may be known
    by `user_id` (the product's own) or `email_key` only.

    `counted` says whether they are converted now: from their first credited sale on, for as long
    as something of a sale that was credited to the same affiliate is left, neither refunded nor
    held by a dispute. It is kept with the sales; `miscounted` compares the two.

    `signup_affiliate_id` is whose link led to the sign-up, with that link's `source_tag`,
    `landing_page` and the visitor's `country`: it stays, also when somebody else gets the sale.
    `network` tells apart from what networks an affiliate's referrals came; nobody's address can
    be read from it. `canceled_at` is when they cancelled their subscription, if they did.
    """

    __tablename__ = "affiliate_referrals"
    __table_args__ = (
        Index(
            "ix_affiliate_referrals_user",
            "user_id",
            unique=True,
            sqlite_where=text("user_id <> ''"),
            postgresql_where=text("user_id <> ''"),
        ),
        Index("ix_affiliate_referrals_converted", "counted", "converted_at", "affiliate_user_id"),
        Index("ix_affiliate_referrals_email", "email_key"),
        Index("ix_affiliate_referrals_plans", "affiliate_user_id", "plan", "status"),
        Index("ix_affiliate_referrals_counted", "affiliate_user_id", "counted"),
        Index("ix_affiliate_referrals_recent", "affiliate_user_id", "created_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    customer_id: str | None = Field(default=None, unique=True)
    user_id: str = ""
    email_key: str = ""
    code_used: str = ""
    plan: str = ""
    status: str = ""
    attributed_by: str = ""
    first_sale: bool = False
    counted: bool = False
    signup_affiliate_id: UUID | None = None
    source_tag: str = ""
    landing_page: str = ""
    country: str = ""
    network: str = ""
    signed_up_at: datetime | None = None
    converted_at: datetime | None = None
    canceled_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)


async def of_customer(
    session: AsyncSession, customer_id: str, *, lock: bool = False
) -> Referral | None:
    """Who brought a customer, if anybody did; `lock` holds the row until the transaction ends."""
    query = select(Referral).where(Referral.customer_id == customer_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


async def of_person(
    session: AsyncSession, customer_id: str, user_id: str, email_key: str
) -> Referral | None:
    """Who brought somebody, known as a customer, else as a user, else by their address.

    Of several sign-ups with one address the first counts. The row is held until the transaction
    ends. What is empty is not looked for.
    """
    for column, value in (
        (Referral.customer_id, customer_id),
        (Referral.user_id, user_id),
        (Referral.email_key, email_key),
    ):
        if not value:
            continue
        query = select(Referral).where(column == value).order_by(col(Referral.id)).limit(1)
        query = query.with_for_update().execution_options(populate_existing=True)
        if found := (await session.exec(query)).one_or_none():
            return found
    return None


async def of_affiliate(
    session: AsyncSession, affiliate_id: UUID, stretch: Stretch
) -> Sequence[Referral]:
    """An affiliate's referrals, the newest first."""
    query = select(Referral).where(Referral.affiliate_user_id == affiliate_id)
    return (await session.exec(newest(query, Referral, stretch))).all()


async def breakdown(session: AsyncSession, affiliate_id: UUID) -> list[tuple[str, str, int]]:
    """How many referrals stand in each plan and status: `(plan, status, count)`."""
    query = (
        select(Referral.plan, Referral.status, func.count())
        .where(Referral.affiliate_user_id == affiliate_id)
        .group_by(Referral.plan, Referral.status)
        .order_by(Referral.plan, Referral.status)
    )
    rows = await session.exec(query)
    return [(plan, status, count) for plan, status, count in rows]


async def counts(
    session: AsyncSession, affiliate_id: UUID
) -> tuple[list[tuple[str, str, int]], int]:
    """The `breakdown` of an affiliate's referrals, and how many are converted, in one look."""
    owned = col(Referral.affiliate_user_id) == affiliate_id
    # By itself, since the index of plans does not know what is counted.
    counted = select(func.count()).select_from(Referral)
    counted = counted.where(owned, col(Referral.counted).is_(True)).correlate(None)
    query = (
        select(Referral.plan, Referral.status, func.count(), counted.scalar_subquery())
        .where(owned)
        .group_by(Referral.plan, Referral.status)
        .order_by(Referral.plan, Referral.status)
    )
    rows = (await session.exec(query)).all()
    return [(plan, status, count) for plan, status, count, _ in rows], rows[0][3] if rows else 0


async def converted(session: AsyncSession, affiliate_id: UUID | None = None) -> dict[UUID, int]:
    """How many converted referrals each affiliate has, or one of them; who has none is left out."""
    query = select(Referral.affiliate_user_id, func.count()).where(col(Referral.counted).is_(True))
    if affiliate_id is not None:
        query = query.where(Referral.affiliate_user_id == affiliate_id)
    return dict((await session.exec(query.group_by(col(Referral.affiliate_user_id)))).all())


async def is_converted(session: AsyncSession, referral_id: UUID) -> bool:
    """Whether a referral is converted, by the sales as they are now."""
    query = select(Referral.id).where(Referral.id == referral_id, _converted())
    return (await session.exec(query)).first() is not None


async def miscounted(session: AsyncSession) -> Sequence[str]:
    """The customers whose referral is kept as converted and is not, or the reverse."""
    query = select(Referral.customer_id).where(
        col(Referral.customer_id).is_not(None), col(Referral.counted) != _converted()
    )
    return [one for one in await session.exec(query.order_by(col(Referral.id))) if one]


def _converted() -> ColumnElement[bool]:
    kept = exists().where(
        col(Sale.customer_id) == col(Referral.customer_id),
        col(Sale.affiliate_user_id) == col(Referral.affiliate_user_id),
        col(Sale.collected) > col(Sale.refunded) + col(Sale.disputed),
    )
    return and_(col(Referral.first_sale).is_(True), kept)
