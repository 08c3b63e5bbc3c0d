"""The ledger: money is never edited, only added to. A balance is a sum."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, literal, text, union_all
from sqlalchemy import select as sql_select
from sqlmodel import Field, SQLModel, col, exists, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.affiliates import Affiliate
from storage.columns import utc_day
from storage.ids import new_id

POSTED_FOR = "commission:"
"""How the `source` of an entry begins that belongs to a commission, before its id."""
OF_PAYOUTS = text("source LIKE 'payout:%'")
_BESIDE_SALES = text("source NOT LIKE 'commission:%'")
EARLY = text("available_at <= created_at")
"""As texts, the same wherever they stand: an index of some rows serves who asks in its words."""


class LedgerEntry(SQLModel, table=True):
    """One movement on an affiliate's account, in minor units of `currency`, signed.

    `source` names what caused it and is unique: the same cause can not post twice.
    Before `available_at` the entry counts as pending.
    """

    __tablename__ = "affiliate_ledger"
    __table_args__ = (
        Index(
            "ix_affiliate_ledger_affiliate",
            *("affiliate_user_id", "currency", "available_at", "amount"),
        ),
        Index(
            "ix_affiliate_ledger_free", "available_at", "affiliate_user_id", "currency", "amount"
        ),
        Index(
            "ix_affiliate_ledger_early",
            "created_at",
            sqlite_where=EARLY,
            postgresql_where=EARLY,
        ),
        Index("ix_affiliate_ledger_pages", "affiliate_user_id", "id"),
        Index("ix_affiliate_ledger_months", "affiliate_user_id", "created_at"),
        Index(
            "ix_affiliate_ledger_beside_sales",
            "affiliate_user_id",
            "created_at",
            sqlite_where=_BESIDE_SALES,
            postgresql_where=_BESIDE_SALES,
        ),
        Index(
            "ix_affiliate_ledger_payouts",
            *("affiliate_user_id", "currency", "amount"),
            sqlite_where=OF_PAYOUTS,
            postgresql_where=OF_PAYOUTS,
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    affiliate_user_id: UUID = Field(foreign_key="affiliates.id")
    amount: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    reason: str
    source: str = Field(unique=True)
    available_at: datetime
    created_at: datetime = Field(default_factory=clock.now)


async def balances(
    session: AsyncSession, affiliate_id: UUID, at: datetime
) -> dict[str, tuple[int, int]]:
    """`{currency: (available, pending)}` at a moment, in minor units."""
    available = func.coalesce(
        func.sum(LedgerEntry.amount).filter(col(LedgerEntry.available_at) <= at), 0
    )
    pending = func.coalesce(
        func.sum(LedgerEntry.amount).filter(col(LedgerEntry.available_at) > at), 0
    )
    query = (
        select(LedgerEntry.currency, available, pending)
        .where(LedgerEntry.affiliate_user_id == affiliate_id)
        .group_by(LedgerEntry.currency)
    )
    return {
        currency: (int(ready), int(held)) for currency, ready, held in await session.exec(query)
    }


async def account(
    session: AsyncSession, affiliate_id: UUID, at: datetime
) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """The `balances` at a moment, and what left for payouts and did not come back, by currency."""
    owned = col(LedgerEntry.affiliate_user_id) == affiliate_id
    held, ready = col(LedgerEntry.available_at) > at, col(LedgerEntry.available_at) <= at
    amount, currency = col(LedgerEntry.amount), col(LedgerEntry.currency)
    sums = select(
        literal(0).label("sent"),
        currency,
        func.coalesce(func.sum(amount).filter(ready), 0),
        func.coalesce(func.sum(amount).filter(held), 0),
    ).where(owned)
    sent = select(literal(1), currency, -func.sum(amount), literal(0)).where(owned, OF_PAYOUTS)
    query = union_all(sums.group_by(currency), sent.group_by(currency))
    balances: dict[str, tuple[int, int]] = {}
    payouts: dict[str, int] = {}
    for is_sent, unit, first, second in await (await session.connection()).execute(query):
        if is_sent:
            payouts[unit] = int(first)
        else:
            balances[unit] = (int(first), int(second))
    return balances, payouts


async def page(
    session: AsyncSession, affiliate_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Sequence[LedgerEntry]:
    """An affiliate's entries, the newest first; `before` is where the page before ended."""
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.affiliate_user_id == affiliate_id)
        .order_by(col(LedgerEntry.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(LedgerEntry.id) < before)
    return (await session.exec(query)).all()


async def between(
    session: AsyncSession, affiliate_id: UUID, start: datetime, end: datetime
) -> Sequence[LedgerEntry]:
    """An affiliate's entries that were posted from `start` to before `end`, the first first."""
    query = (
        select(LedgerEntry)
        .where(
            LedgerEntry.affiliate_user_id == affiliate_id,
            col(LedgerEntry.created_at) >= start,
            col(LedgerEntry.created_at) < end,
        )
        .order_by(col(LedgerEntry.created_at), col(LedgerEntry.id))
    )
    return (await session.exec(query)).all()


async def sums(
    session: AsyncSession, affiliate_id: UUID, spans: Sequence[tuple[datetime, datetime]]
) -> Sequence[tuple[str, str, tuple[int | None, ...]]]:
    """What was posted in spans of time (from, to before): currency, reason, an amount for each.

    None where nothing was posted in a span.
    """
    posted = col(LedgerEntry.created_at)
    amounts = [
        func.sum(LedgerEntry.amount).filter(posted >= start, posted < end) for start, end in spans
    ]
    query = (
        sql_select(col(LedgerEntry.currency), col(LedgerEntry.reason), *amounts)
        .where(
            col(LedgerEntry.affiliate_user_id) == affiliate_id,
            posted >= min(start for start, _ in spans),
            posted < max(end for _, end in spans),
        )
        .group_by(col(LedgerEntry.currency), col(LedgerEntry.reason))
        .order_by(col(LedgerEntry.currency), col(LedgerEntry.reason))
    )
    rows = await (await session.connection()).execute(query)
    return [
        (unit, reason, tuple(None if one is None else int(one) for one in found))
        for unit, reason, *found in rows
    ]


async def beside_sales(
    session: AsyncSession, affiliate_id: UUID, start: datetime, end: datetime
) -> Sequence[tuple[date, str, str, int]]:
    """What was posted from `start` to before `end` that is of no commission of their own.

    By UTC day: `(day, currency, reason, amount)`.
    """
    day = utc_day(session)(LedgerEntry.created_at)
    query = (
        select(day, LedgerEntry.currency, LedgerEntry.reason, func.sum(LedgerEntry.amount))
        .where(
            LedgerEntry.affiliate_user_id == affiliate_id,
            col(LedgerEntry.created_at) >= start,
            col(LedgerEntry.created_at) < end,
            _BESIDE_SALES,
        )
        .group_by(day, col(LedgerEntry.currency), col(LedgerEntry.reason))
        .order_by(day, col(LedgerEntry.currency), col(LedgerEntry.reason))
    )
    rows = await session.exec(query)
    return [(on, currency, reason, int(amount)) for on, currency, reason, amount in rows]


async def began(session: AsyncSession, affiliate_id: UUID) -> datetime | None:
    """When the first of an affiliate's entries was posted."""
    query = select(func.min(LedgerEntry.created_at))
    return (await session.exec(query.where(LedgerEntry.affiliate_user_id == affiliate_id))).one()


async def sums_before(
    session: AsyncSession, affiliate_id: UUID, moment: datetime
) -> dict[str, int]:
    """What all entries posted before a moment come to, also those on hold, by currency."""
    query = (
        select(LedgerEntry.currency, func.sum(LedgerEntry.amount))
        .where(LedgerEntry.affiliate_user_id == affiliate_id, col(LedgerEntry.created_at) < moment)
        .group_by(LedgerEntry.currency)
    )
    return {currency: int(amount) for currency, amount in await session.exec(query)}


async def in_credit(session: AsyncSession, at: datetime) -> Sequence[tuple[UUID, str]]:
    """Every affiliate and currency with money available at a moment."""
    query = (
        select(LedgerEntry.affiliate_user_id, LedgerEntry.currency)
        .where(col(LedgerEntry.available_at) <= at)
        .group_by(col(LedgerEntry.affiliate_user_id), col(LedgerEntry.currency))
        .having(func.sum(LedgerEntry.amount) > 0)
        .order_by(col(LedgerEntry.affiliate_user_id), col(LedgerEntry.currency))
    )
    return (await session.exec(query)).all()


async def in_use(session: AsyncSession, affiliate_ids: Collection[UUID]) -> set[UUID]:
    """Which of these affiliates have an account that anything was ever posted to."""
    posted = exists().where(col(LedgerEntry.affiliate_user_id) == col(Affiliate.id))
    query = select(Affiliate.id).where(col(Affiliate.id).in_(affiliate_ids), posted)
    return set((await session.exec(query)).all())


async def unpaid(session: AsyncSession) -> dict[UUID, dict[str, int]]:
    """What every affiliate is owed, also what is pending: minor units by currency."""
    query = select(
        LedgerEntry.affiliate_user_id, LedgerEntry.currency, func.sum(LedgerEntry.amount)
    ).group_by(col(LedgerEntry.affiliate_user_id), col(LedgerEntry.currency))
    owed: dict[UUID, dict[str, int]] = {}
    for affiliate_id, currency, amount in await session.exec(query):
        owed.setdefault(affiliate_id, {})[currency] = int(amount)
    return owed


async def totals(session: AsyncSession, reasons: Collection[str]) -> dict[tuple[UUID, str], int]:
    """What was posted for these reasons, by affiliate and currency, in minor units."""
    query = (
        select(LedgerEntry.affiliate_user_id, LedgerEntry.currency, func.sum(LedgerEntry.amount))
        .where(col(LedgerEntry.reason).in_(reasons))
        .group_by(col(LedgerEntry.affiliate_user_id), col(LedgerEntry.currency))
    )
    return {(owner, currency): int(amount) for owner, currency, amount in await session.exec(query)}
