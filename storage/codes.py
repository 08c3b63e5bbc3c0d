"""Discount codes; an affiliate's promo code is one with an affiliate."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id

ACTIVE = "active"
PAUSED = "paused"
EXPIRED = "expired"
ARCHIVED = "archived"

PERCENTAGE = "percentage"
FIXED_AMOUNT = "fixed_amount"


class DiscountCode(SQLModel, table=True):
    """A code that customers type at checkout.

    `code` is upper case, so that one spelling cannot be two codes. `discount_value` is percent for
    `percentage`, minor units of `currency` (lower case, otherwise empty) for `fixed_amount`.
    A row says what is wanted; `stripe_problem` is the sentence for operators while the payment
    provider refuses that. `prior_uses` are those from before an existing code was taken over: they
    count against `max_uses`, and no redemption is kept here for them. `batch` is shared by codes
    that one command made.
    """

    __tablename__ = "discount_codes"
    __table_args__ = (
        CheckConstraint("code = upper(code)", name="ck_discount_codes_code_is_upper_case"),
        Index("idx_discount_codes_status", "status"),
        Index("idx_discount_codes_affiliate", "affiliate_user_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True)
    description: str = ""
    discount_type: str = PERCENTAGE
    discount_value: int
    currency: str = ""
    duration: str = "once"
    duration_months: int | None = None
    max_uses: int | None = None
    max_uses_per_user: int = 1
    min_plan: str | None = None
    stackable: bool = False
    first_purchase_only: bool = True
    expires_at: datetime | None = None
    affiliate_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id")
    stripe_coupon_id: str = ""
    stripe_promotion_code_id: str = ""
    stripe_problem: str = ""
    status: str = ACTIVE
    prior_uses: int = 0
    total_uses: int = 0
    total_discount_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    leak_flagged_at: datetime | None = None
    batch: UUID | None = Field(default=None, index=True)
    created_by: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


async def get(session: AsyncSession, code_id: UUID, *, lock: bool = False) -> DiscountCode | None:
    """One code; `lock` holds the row until the transaction ends."""
    return await session.get(DiscountCode, code_id, with_for_update=lock, populate_existing=lock)


async def by_code(session: AsyncSession, code: str) -> DiscountCode | None:
    """The code as customers type it, in upper case."""
    return (await session.exec(select(DiscountCode).where(DiscountCode.code == code))).one_or_none()


async def by_words(
    session: AsyncSession, words: Sequence[str], *, lock: bool = False
) -> Sequence[DiscountCode]:
    """The codes that are these words, in upper case; `lock` holds them, always in one order."""
    query = (
        select(DiscountCode).where(col(DiscountCode.code).in_(words)).order_by(col(DiscountCode.id))
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).all()


async def taken(session: AsyncSession, candidates: set[str]) -> set[str]:
    """Which of these codes exist here already, in whatever status."""
    query = select(DiscountCode.code).where(col(DiscountCode.code).in_(candidates))
    return set((await session.exec(query)).all())


async def of_affiliate(session: AsyncSession, affiliate_id: UUID) -> list[DiscountCode]:
    """An affiliate's codes, oldest first."""
    query = (
        select(DiscountCode)
        .where(DiscountCode.affiliate_user_id == affiliate_id)
        .order_by(col(DiscountCode.id))
    )
    return list((await session.exec(query)).all())


async def page(
    session: AsyncSession,
    *,
    before: UUID | None = None,
    limit: int = 50,
    status: str = "",
    without: str = "",
    text: str = "",
    batch: UUID | None = None,
) -> Sequence[DiscountCode]:
    """Codes, the newest first; `before` is the id that the page before ended with.

    Only those in `status`, not those in the status `without`, those of one `batch`, and those with
    `text` in their word or description, where given.
    """
    query = select(DiscountCode).order_by(col(DiscountCode.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(DiscountCode.id) < before)
    if status:
        query = query.where(DiscountCode.status == status)
    if without:
        query = query.where(DiscountCode.status != without)
    if batch is not None:
        query = query.where(DiscountCode.batch == batch)
    if text:
        columns = (col(DiscountCode.code), col(DiscountCode.description))
        query = query.where(or_(*(one.icontains(text, autoescape=True) for one in columns)))
    return (await session.exec(query)).all()


async def count_by_status(session: AsyncSession) -> dict[str, int]:
    """How many codes stand in each status."""
    query = select(DiscountCode.status, func.count()).group_by(DiscountCode.status)
    return dict((await session.exec(query)).all())


async def expiring(session: AsyncSession, moment: datetime) -> Sequence[DiscountCode]:
    """The codes that still count as redeemable though their time is over; the rows are held."""
    query = (
        select(DiscountCode)
        .where(
            col(DiscountCode.status).in_((ACTIVE, PAUSED)),
            col(DiscountCode.expires_at) <= moment,
        )
        .order_by(col(DiscountCode.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.exec(query)).all()


async def of_batch(session: AsyncSession, batch: UUID) -> Sequence[DiscountCode]:
    """The codes that one command made, in alphabetical order."""
    query = select(DiscountCode).where(DiscountCode.batch == batch).order_by(DiscountCode.code)
    return (await session.exec(query)).all()


async def by_promotion_code(
    session: AsyncSession, promotion_code: str, *, lock: bool = False
) -> DiscountCode | None:
    """The code that the payment provider knows by this id; `lock` holds the row."""
    query = select(DiscountCode).where(DiscountCode.stripe_promotion_code_id == promotion_code)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).first()


async def of_coupon(session: AsyncSession, coupon: str) -> list[DiscountCode]:
    """The codes that redeem a coupon of the payment provider's, oldest first."""
    query = (
        select(DiscountCode)
        .where(DiscountCode.stripe_coupon_id == coupon)
        .order_by(col(DiscountCode.id))
    )
    return list((await session.exec(query)).all())
