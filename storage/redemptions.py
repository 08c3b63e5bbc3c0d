"""Redemptions: every invoice on which a discount code took something off."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Index, UniqueConstraint, case, insert
from sqlalchemy import select as sa_select
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.codes import DiscountCode
from storage.ids import new_id
from storage.sales import Sale


class Redemption(SQLModel, table=True):
    """One code on one paid invoice. Money is minor units of `currency`, that of the invoice.

    `user_id` is the customer at the payment provider, `person_key` their mailbox. The first
    invoice of a subscription is the use, those after it are a `renewal`. `refunded_cents` is the
    part of the discount on what went back to the customer; a use is not given back. `voided` is
    an invoice that is paid no more: it is no use, and took nothing off. `checkout_id` names the
    checkout that we started, where it was one.
    """

    __tablename__ = "discount_code_redemptions"
    __table_args__ = (
        UniqueConstraint("discount_code_id", "stripe_invoice_id", name="uq_redemption_of_invoice"),
        Index("idx_discount_redemptions_code", "discount_code_id", "redeemed_at"),
        Index("ix_discount_redemptions_moment", "redeemed_at"),
        Index("idx_discount_redemptions_user", "user_id"),
        Index("ix_discount_redemptions_person", "person_key"),
        Index("ix_discount_redemptions_invoice", "stripe_invoice_id"),
        Index("ix_discount_redemptions_subscription", "subscription_id"),
        Index("ix_discount_redemptions_checkout", "checkout_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    discount_code_id: UUID = Field(foreign_key="discount_codes.id")
    user_id: str
    person_key: str = ""
    stripe_invoice_id: str
    subscription_id: str = ""
    checkout_id: UUID | None = Field(default=None, foreign_key="checkouts.id")
    currency: str
    discount_amount_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    refunded_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    renewal: bool = False
    voided: bool = False
    redeemed_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


class RedemptionSum(SQLModel, table=True):
    """What a code has taken off in a currency, and what of that was refunded, in minor units."""

    __tablename__ = "discount_code_sums"

    discount_code_id: UUID = Field(foreign_key="discount_codes.id", primary_key=True)
    currency: str = Field(primary_key=True)
    given_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    refunded_cents: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


def is_use() -> ColumnElement[bool]:
    """Whether a redemption counts against the limits of its code."""
    return col(Redemption.renewal).is_(False) & col(Redemption.voided).is_(False)


def is_of(person_key: str, user_id: str) -> ColumnElement[bool]:
    """Whether a redemption is of a person, known by mailbox, as customer, or both."""
    return or_(
        (Redemption.person_key == person_key) & (Redemption.person_key != ""),
        (Redemption.user_id == user_id) & (Redemption.user_id != ""),
    )


async def of_invoice(session: AsyncSession, invoice_id: str) -> Sequence[Redemption]:
    """What was redeemed on an invoice, in the order of the codes."""
    query = (
        select(Redemption)
        .where(Redemption.stripe_invoice_id == invoice_id)
        .order_by(col(Redemption.discount_code_id))
    )
    return (await session.exec(query)).all()


async def of_subscription(
    session: AsyncSession, code_id: UUID, subscription_id: str
) -> Sequence[Redemption]:
    """What a code took off the invoices of a subscription, the first paid first.

    The provider's moments are whole seconds; of one second, the rank of the invoice tells.
    """
    query = (
        select(Redemption)
        .join(Sale, col(Sale.invoice_id) == Redemption.stripe_invoice_id)
        .where(
            Redemption.discount_code_id == code_id, Redemption.subscription_id == subscription_id
        )
        .order_by(col(Redemption.redeemed_at), col(Sale.cycle), col(Redemption.stripe_invoice_id))
    )
    return (await session.exec(query)).all()


async def of_code(session: AsyncSession, code_id: UUID, limit: int = 100) -> Sequence[Redemption]:
    """A code's redemptions, the last first."""
    query = (
        select(Redemption)
        .where(Redemption.discount_code_id == code_id)
        .order_by(col(Redemption.redeemed_at).desc(), col(Redemption.id).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def page(
    session: AsyncSession, code_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Sequence[Redemption]:
    """A code's redemptions, the last heard of first; `before` is where the page before ended."""
    query = (
        select(Redemption)
        .where(Redemption.discount_code_id == code_id)
        .order_by(col(Redemption.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(Redemption.id) < before)
    return (await session.exec(query)).all()


async def uses(session: AsyncSession, code_ids: Collection[UUID]) -> dict[UUID, int]:
    """How often each of these codes was used; codes never used are left out."""
    return await _count(session, code_ids)


async def uses_by(
    session: AsyncSession, code_ids: Collection[UUID], person_key: str, user_id: str
) -> dict[UUID, int]:
    """How often one person used each of these codes; codes they never used are left out."""
    return await _count(session, code_ids, is_of(person_key, user_id))


async def _count(
    session: AsyncSession, code_ids: Collection[UUID], *conditions: ColumnElement[bool]
) -> dict[UUID, int]:
    query = (
        select(Redemption.discount_code_id, func.count())
        .where(col(Redemption.discount_code_id).in_(code_ids), is_use(), *conditions)
        .group_by(col(Redemption.discount_code_id))
    )
    return dict((await session.exec(query)).all())


def is_since(after: datetime) -> ColumnElement[bool]:
    """Redeemed since a moment. With an end, as SQLite takes an open range for half of the table."""
    return (col(Redemption.redeemed_at) > after) & (col(Redemption.redeemed_at) <= clock.now())


async def used_often(session: AsyncSession, after: datetime, at_least: int) -> Sequence[UUID]:
    """The codes that were used so often since a moment."""
    query = (
        select(Redemption.discount_code_id)
        .where(is_since(after), is_use())
        .group_by(col(Redemption.discount_code_id))
        .having(func.count() >= at_least)
    )
    return (await session.exec(query)).all()


async def uses_between(
    session: AsyncSession, code_id: UUID, moments: Sequence[datetime]
) -> list[int]:
    """How often a code was used from each of these moments to the one after it."""
    first, *ends = moments
    redeemed = col(Redemption.redeemed_at)
    span = case(*((redeemed <= end, place) for place, end in enumerate(ends))).label("span")
    spans = (
        select(span)
        .where(
            Redemption.discount_code_id == code_id,
            redeemed > first,
            redeemed <= ends[-1],
            is_use(),
        )
        .subquery()
    )
    query = select(spans.c.span, func.count()).group_by(spans.c.span)
    counted = dict((await session.exec(query)).all())
    return [counted.get(place, 0) for place in range(len(ends))]


async def given(
    session: AsyncSession, code_ids: Iterable[UUID]
) -> dict[UUID, dict[str, tuple[int, int]]]:
    """What each code took off, by currency: `(discount, of that refunded)` in minor units."""
    query = (
        select(
            Redemption.discount_code_id,
            Redemption.currency,
            func.sum(Redemption.discount_amount_cents),
            func.sum(Redemption.refunded_cents),
        )
        .where(col(Redemption.discount_code_id).in_(list(code_ids)))
        .group_by(col(Redemption.discount_code_id), col(Redemption.currency))
    )
    found: dict[UUID, dict[str, tuple[int, int]]] = {}
    for code_id, currency, discount, refunded in await session.exec(query):
        found.setdefault(code_id, {})[currency] = (int(discount), int(refunded))
    return found


async def keep_sums(
    session: AsyncSession, code_id: UUID, given: Mapping[str, tuple[int, int]]
) -> None:
    """Keep what a code took off, as `given` says it, for `totals`; whoever calls holds the code."""
    for currency, (off, back) in given.items():
        row = await session.get(RedemptionSum, (code_id, currency))
        row = row or RedemptionSum(discount_code_id=code_id, currency=currency)
        row.given_cents, row.refunded_cents = off, back
        session.add(row)


async def begin_sums(session: AsyncSession) -> None:
    """Sum up what codes took off, where a release of before has kept no sums yet."""
    if (await session.exec(select(RedemptionSum.currency).limit(1))).first() is not None:
        return
    code, currency = col(Redemption.discount_code_id), col(Redemption.currency)
    given, back = col(Redemption.discount_amount_cents), col(Redemption.refunded_cents)
    sums = sa_select(code, currency, func.sum(given), func.sum(back)).group_by(code, currency)
    names = ["discount_code_id", "currency", "given_cents", "refunded_cents"]
    await session.exec(insert(RedemptionSum).from_select(names, sums))


async def totals(session: AsyncSession) -> tuple[int, dict[str, tuple[int, int]]]:
    """How often codes were used at all, and what was given as in `given`."""
    uses = (await session.exec(select(func.sum(DiscountCode.total_uses)))).one()
    query = select(
        RedemptionSum.currency,
        func.sum(RedemptionSum.given_cents),
        func.sum(RedemptionSum.refunded_cents),
    ).group_by(RedemptionSum.currency)
    found = (await session.exec(query)).all()
    return int(uses or 0), {currency: (int(off), int(back)) for currency, off, back in found}
