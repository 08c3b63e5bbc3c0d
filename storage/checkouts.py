"""Checkouts that we started, each of which holds a use of its codes until it is paid or over."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Select
from sqlalchemy import select as sa_select
from sqlmodel import Field, SQLModel, col, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id
from storage.redemptions import Redemption, is_since, is_use

OPEN = "open"
COMPLETED = "completed"
EXPIRED = "expired"

LATE: Final = timedelta(minutes=15)
"""How long after its end the news that a checkout was paid in time may still be under way."""

SETTLES: Final = timedelta(days=14)
"""How long the invoice of a checkout that was completed may take to be paid, as by bank debit."""


def _money() -> int:
    """A column of minor units; a column object belongs to one table, so each field has its own."""
    column: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    return column


class Checkout(SQLModel, table=True):
    """One page of the payment provider's on which one person may pay.

    Money is minor units of `currency`. `person_key` is the mailbox and `customer_id` the customer
    whom it is for; both are empty for somebody unknown. `ref` is the referral link that they came
    by, `referrer` the host. `session_id` and `url` are the provider's, empty until it has answered.
    """

    __tablename__ = "checkouts"
    __table_args__ = (
        Index("ix_checkouts_person", "person_key"),
        Index("ix_checkouts_customer", "customer_id"),
        Index("ix_checkouts_session", "session_id"),
        Index("ix_checkouts_open", "status", "expires_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    status: str = OPEN
    plan: str
    price_id: str
    currency: str
    price_cents: int = _money()
    discount_cents: int = _money()
    email: str = ""
    person_key: str = ""
    customer_id: str = ""
    ref: str = ""
    referrer: str = ""
    success_url: str = ""
    cancel_url: str = ""
    session_id: str = ""
    url: str = ""
    expires_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class CheckoutCode(SQLModel, table=True):
    """A code of a checkout, and what it takes off there: its share where several do."""

    __tablename__ = "checkout_codes"
    __table_args__ = (Index("ix_checkout_codes_code", "discount_code_id"),)

    checkout_id: UUID = Field(foreign_key="checkouts.id", primary_key=True)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    discount_code_id: UUID = Field(foreign_key="discount_codes.id")
    code: str
    discount_cents: int = _money()


async def get(session: AsyncSession, checkout_id: UUID, *, lock: bool = False) -> Checkout | None:
    """One checkout; `lock` holds the row until the transaction ends."""
    return await session.get(Checkout, checkout_id, with_for_update=lock, populate_existing=lock)


async def by_session(
    session: AsyncSession, session_id: str, *, lock: bool = False
) -> Checkout | None:
    """The checkout of a session at the payment provider."""
    query = select(Checkout).where(Checkout.session_id == session_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).first()


async def codes_of(session: AsyncSession, checkout_id: UUID) -> Sequence[CheckoutCode]:
    """A checkout's codes, in the order in which they take off."""
    query = (
        select(CheckoutCode)
        .where(CheckoutCode.checkout_id == checkout_id)
        .order_by(col(CheckoutCode.place))
    )
    return (await session.exec(query)).all()


async def holding(
    session: AsyncSession,
    code_ids: Collection[UUID],
    person_key: str,
    customer_id: str,
    moment: datetime,
) -> Sequence[Checkout]:
    """A person's open checkouts that hold a use of one of these codes, oldest first."""
    with_code = select(CheckoutCode.checkout_id).where(
        col(CheckoutCode.discount_code_id).in_(code_ids)
    )
    query = (
        select(Checkout)
        .where(
            Checkout.status == OPEN,
            Checkout.expires_at > moment - LATE,
            _is_of(person_key, customer_id),
            col(Checkout.id).in_(with_code),
        )
        .order_by(col(Checkout.id))
    )
    return (await session.exec(query)).all()


async def held(
    session: AsyncSession, code_ids: Collection[UUID], moment: datetime
) -> dict[UUID, int]:
    """How many uses of each code are held; codes of which none is are left out."""
    return await _count(session, code_ids, moment)


async def held_by(
    session: AsyncSession,
    code_ids: Collection[UUID],
    person_key: str,
    customer_id: str,
    moment: datetime,
) -> dict[UUID, int]:
    """How many uses of each code are held for one person."""
    return await _count(session, code_ids, moment, _is_of(person_key, customer_id))


async def referrers(
    session: AsyncSession, after: datetime, code_id: UUID | None = None
) -> dict[UUID, set[str]]:
    """From which hosts those came who have used a code since a moment, by code.

    Of one code only, where it is named.
    """
    # Looked up for each use: a join would rather read all checkouts there ever were.
    host = (
        select(Checkout.referrer)
        .where(col(Checkout.id) == col(Redemption.checkout_id))
        .scalar_subquery()
    )
    used: Select[tuple[UUID, str]] = sa_select(
        col(Redemption.discount_code_id).label("code"), host.label("host")
    ).where(is_since(after), is_use(), col(Redemption.checkout_id).is_not(None))
    if code_id is not None:
        used = used.where(col(Redemption.discount_code_id) == code_id)
    uses = used.subquery()
    query = select(uses.c.code, uses.c.host).where(uses.c.host != "").distinct()
    found: dict[UUID, set[str]] = {}
    for code, host in await session.exec(query):
        found.setdefault(code, set()).add(host)
    return found


async def expire(session: AsyncSession, moment: datetime) -> None:
    """Close the checkouts that ran out so long ago that no news of a payment is under way."""
    await session.exec(
        update(Checkout)
        .where(col(Checkout.status) == OPEN, col(Checkout.expires_at) <= moment - LATE)
        .values(status=EXPIRED, updated_at=moment)
    )


async def _count(
    session: AsyncSession,
    code_ids: Collection[UUID],
    moment: datetime,
    *conditions: ColumnElement[bool],
) -> dict[UUID, int]:
    """Count by code what is open, and what was paid while its redemption is still to be seen."""
    seen = (
        select(Redemption.id)
        .where(
            Redemption.checkout_id == Checkout.id,
            Redemption.discount_code_id == CheckoutCode.discount_code_id,
        )
        .exists()
    )
    query = (
        select(CheckoutCode.discount_code_id, func.count())
        .join(Checkout, col(Checkout.id) == CheckoutCode.checkout_id)
        .where(
            col(CheckoutCode.discount_code_id).in_(code_ids),
            or_(
                (col(Checkout.status) == COMPLETED) & (col(Checkout.expires_at) > moment - SETTLES),
                (col(Checkout.status) == OPEN) & (col(Checkout.expires_at) > moment - LATE),
            ),
            ~seen,
            *conditions,
        )
        .group_by(col(CheckoutCode.discount_code_id))
    )
    return dict((await session.exec(query)).all())


def _is_of(person_key: str, customer_id: str) -> ColumnElement[bool]:
    return or_(
        (col(Checkout.person_key) == person_key) & (col(Checkout.person_key) != ""),
        (col(Checkout.customer_id) == customer_id) & (col(Checkout.customer_id) != ""),
    )
