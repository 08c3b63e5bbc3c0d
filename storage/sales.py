"""Sales: every paid invoice, with what it brought and why somebody was credited for it or not."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel, col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.columns import json_field
from storage.ids import new_id


def _money() -> Any:
    """A column of minor units; a column object belongs to one table, so each field has its own."""
    return Field(default=0, sa_column=Column(BigInteger, nullable=False))


class Sale(SQLModel, table=True):
    """One invoice as the payment provider last told it. Money is minor units of `currency`.

    `facts_at` is when the fetch of these facts began: older ones are not let in. `trace` is the
    attribution, step by step: `[{"step": …, "result": …}]`; `outcome` is its end in one word.
    `person_key` and `card` are the customer's mailbox and card as far as self-referral needs.
    """

    __tablename__ = "sales"
    __table_args__ = (
        Index("ix_sales_customer", "customer_id", "cycle"),
        Index("ix_sales_affiliate", "affiliate_user_id", "paid_at"),
        Index("ix_sales_card", "card"),
        Index("ix_sales_person", "person_key"),
        Index("ix_sales_paid", "paid_at"),
        Index("ix_sales_updated", "updated_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    invoice_id: str = Field(unique=True)
    customer_id: str
    subscription_id: str = ""
    affiliate_user_id: UUID | None = Field(default=None, foreign_key="affiliates.id")
    currency: str
    collected: int = _money()
    tax: int = _money()
    fee: int = _money()
    refunded: int = _money()
    disputed: int = _money()
    cycle: int = 0
    plan: str = ""
    person_key: str = ""
    card: str = ""
    outcome: str = ""
    trace: list[dict[str, str]] = json_field(list)
    paid_at: datetime
    facts_at: datetime
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


async def by_invoice(session: AsyncSession, invoice_id: str, *, lock: bool = False) -> Sale | None:
    """The sale of an invoice."""
    query = select(Sale).where(Sale.invoice_id == invoice_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(query)).one_or_none()


async def known(session: AsyncSession, invoice_ids: Iterable[str]) -> set[str]:
    """Which of these invoices were seen."""
    query = select(Sale.invoice_id).where(col(Sale.invoice_id).in_(list(invoice_ids)))
    return set((await session.exec(query)).all())


async def of_customer(session: AsyncSession, customer_id: str) -> Sequence[Sale]:
    """A customer's sales, the first paid first."""
    query = select(Sale).where(Sale.customer_id == customer_id).order_by(col(Sale.cycle))
    return (await session.exec(query)).all()


async def paid_with_card_by(session: AsyncSession, card: str, person_keys: set[str]) -> bool:
    """Whether one of these people ever paid with this card."""
    query = select(Sale.id).where(Sale.card == card, col(Sale.person_key).in_(person_keys))
    return (await session.exec(query.limit(1))).first() is not None


async def bought_before(session: AsyncSession, person_key: str, customer_id: str) -> bool:
    """Whether a person, known by mailbox or as a customer, ever paid anything."""
    query = select(Sale.id).where(
        or_(
            (col(Sale.person_key) == person_key) & (col(Sale.person_key) != ""),
            (col(Sale.customer_id) == customer_id) & (col(Sale.customer_id) != ""),
        ),
        Sale.collected > 0,
    )
    return (await session.exec(query.limit(1))).first() is not None


async def count_of_affiliate(session: AsyncSession, affiliate_id: UUID) -> int:
    """How many sales were credited to an affiliate, also those beyond the cycles that earn."""
    query = select(func.count()).select_from(Sale).where(Sale.affiliate_user_id == affiliate_id)
    return (await session.exec(query)).one()


async def of_affiliate(session: AsyncSession, affiliate_id: UUID, limit: int) -> Sequence[Sale]:
    """An affiliate's sales, the last paid first."""
    query = (
        select(Sale)
        .where(Sale.affiliate_user_id == affiliate_id)
        .order_by(col(Sale.paid_at).desc(), col(Sale.id).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def paid_since(session: AsyncSession, moment: datetime) -> Sequence[tuple[str, str]]:
    """The invoices of the sales paid since then, with their customers."""
    query = select(Sale.invoice_id, Sale.customer_id).where(Sale.paid_at >= moment)
    return (await session.exec(query)).all()
