"""Figures over many rows: what came in, what is owed, what was paid. Money is minor units."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import case
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.affiliates import Affiliate
from storage.applications import Application
from storage.commissions import Commission
from storage.compliance import Case
from storage.inbox import InboxEvent
from storage.leaderboard import EVER, MonthEarning
from storage.leaks import Leak
from storage.ledger import OF_PAYOUTS, LedgerEntry
from storage.outbox import Effect
from storage.payouts import OPEN, PAID, Payout
from storage.sales import Sale

_EVER = datetime.max.replace(tzinfo=UTC)

Amounts: TypeAlias = dict[tuple[UUID, str], int]
"""Money by affiliate and currency."""


async def sent(session: AsyncSession, affiliate_id: UUID | None = None) -> Amounts:
    """What left the balances for payouts and did not come back, reserved or paid."""
    query = (
        select(LedgerEntry.affiliate_user_id, LedgerEntry.currency, -func.sum(LedgerEntry.amount))
        .where(OF_PAYOUTS)
        .group_by(col(LedgerEntry.affiliate_user_id), col(LedgerEntry.currency))
    )
    if affiliate_id is not None:
        query = query.where(LedgerEntry.affiliate_user_id == affiliate_id)
    return {(owner, currency): int(sum_) for owner, currency, sum_ in await session.exec(query)}


async def under_way(session: AsyncSession, affiliate_id: UUID | None = None) -> Amounts:
    """What is reserved for payouts that are not paid yet."""
    query = (
        select(
            Payout.affiliate_user_id,
            Payout.currency,
            func.sum(Payout.amount_cents + Payout.withheld_cents),
        )
        .where(col(Payout.status).in_(OPEN))
        .group_by(col(Payout.affiliate_user_id), col(Payout.currency))
    )
    if affiliate_id is not None:
        query = query.where(Payout.affiliate_user_id == affiliate_id)
    return {(owner, currency): int(sum_) for owner, currency, sum_ in await session.exec(query)}


async def sales_by_outcome(
    session: AsyncSession, since: datetime, until: datetime = _EVER
) -> list[tuple[str, str, int, int]]:
    """`(outcome, currency, count, kept)` of sales paid since a moment that brought anything.

    `kept` is what was collected, less refunds and disputes.
    """
    kept = func.sum(Sale.collected - Sale.refunded - Sale.disputed)
    query = (
        select(Sale.outcome, Sale.currency, func.count(), kept)
        .where(col(Sale.paid_at) >= since, col(Sale.paid_at) < until, col(Sale.collected) > 0)
        .group_by(col(Sale.outcome), col(Sale.currency))
        .order_by(col(Sale.outcome), col(Sale.currency))
    )
    rows = await session.exec(query)
    return [(outcome, currency, count, int(sum_)) for outcome, currency, count, sum_ in rows]


async def sales_between(
    session: AsyncSession, bounds: Sequence[datetime]
) -> list[tuple[str, int, int]]:
    """`(outcome, part, count)` of the sales that brought anything.

    Part n lies from the n-th bound to before the next; the last bound is where it ends.
    """
    ends = enumerate(bounds[1:])
    part = case(*((col(Sale.paid_at) < end, number) for number, end in ends), else_=None)
    query = (
        select(Sale.outcome, part, func.count())
        .where(
            col(Sale.paid_at) >= bounds[0],
            col(Sale.paid_at) < bounds[-1],
            col(Sale.collected) > 0,
        )
        .group_by(col(Sale.outcome), part)
    )
    rows = await session.exec(query)
    return [(outcome, int(number), count) for outcome, number, count in rows]


async def commissions_by_affiliate(
    session: AsyncSession, since: datetime, until: datetime = _EVER
) -> Sequence[tuple[Affiliate, str, int, int]]:
    """`(affiliate, currency, count, amount)` of commissions on sales paid since a moment.

    The amounts are what is left after refunds; the largest first, within each currency.
    """
    amount = func.sum(Commission.amount_cents)
    query = (
        select(Affiliate, Commission.currency, func.count(), amount)
        .select_from(Commission)
        .join(Sale, col(Sale.id) == col(Commission.sale_id))
        .join(Affiliate, col(Affiliate.id) == col(Commission.affiliate_user_id))
        .where(col(Sale.paid_at) >= since, col(Sale.paid_at) < until)
        .group_by(col(Affiliate.id), col(Commission.currency))
        .order_by(amount.desc(), col(Affiliate.id))
    )
    rows = await session.exec(query)
    return [(owner, currency, count, int(sum_)) for owner, currency, count, sum_ in rows]


async def earned_ever(session: AsyncSession) -> dict[str, int]:
    """What all commissions come to, less what was taken back, by currency."""
    query = (
        select(MonthEarning.currency, func.sum(MonthEarning.amount))
        .where(MonthEarning.period == EVER)
        .group_by(MonthEarning.currency)
    )
    return {currency: int(sum_) for currency, sum_ in await session.exec(query)}


async def top_ever(
    session: AsyncSession, currency: str, limit: int
) -> Sequence[tuple[Affiliate, str, int, int]]:
    """As `commissions_by_affiliate`, of those who have earned most in a currency ever."""
    first = (
        select(MonthEarning.affiliate_user_id)
        .where(MonthEarning.period == EVER, MonthEarning.currency == currency)
        .order_by(col(MonthEarning.amount).desc(), col(MonthEarning.affiliate_user_id))
        .limit(limit)
    )
    owners = (await session.exec(first)).all()
    query = (
        select(Affiliate, Commission.currency, func.count(), func.sum(Commission.amount_cents))
        .join(Affiliate, col(Affiliate.id) == col(Commission.affiliate_user_id))
        .where(col(Commission.affiliate_user_id).in_(owners))
        .group_by(col(Affiliate.id), col(Commission.currency))
    )
    rows = await session.exec(query)
    return [(owner, unit, count, int(sum_)) for owner, unit, count, sum_ in rows]


async def count_new(
    session: AsyncSession, since: datetime, until: datetime = _EVER
) -> tuple[int, int]:
    """How many `(affiliates, applications)` came since a moment."""
    joined, applied = col(Affiliate.approved_at), col(Application.submitted_at)
    affiliates = select(func.count()).select_from(Affiliate).where(joined >= since, joined < until)
    applications = (
        select(func.count()).select_from(Application).where(applied >= since, applied < until)
    )
    return (await session.exec(affiliates)).one(), (await session.exec(applications)).one()


async def paid_out(
    session: AsyncSession, since: datetime, until: datetime
) -> list[tuple[str, int, int]]:
    """`(currency, count, amount)` of the payouts that were paid in a stretch of time."""
    query = (
        select(Payout.currency, func.count(), func.sum(Payout.amount_cents))
        .where(Payout.status == PAID, col(Payout.paid_at) >= since, col(Payout.paid_at) < until)
        .group_by(Payout.currency)
        .order_by(Payout.currency)
    )
    return [(currency, count, int(sum_)) for currency, count, sum_ in await session.exec(query)]


async def owed(session: AsyncSession) -> dict[str, int]:
    """What all balances come to, also what is on hold, by currency."""
    query = select(LedgerEntry.currency, func.sum(LedgerEntry.amount)).group_by(
        LedgerEntry.currency
    )
    return {currency: int(sum_) for currency, sum_ in await session.exec(query) if sum_}


async def to_look_at(session: AsyncSession) -> tuple[int, int, int]:
    """How many `(leaks, cases, parked pieces of work)` wait for an operator."""
    leaks = select(func.count()).select_from(Leak).where(Leak.decision == "")
    cases = select(func.count()).select_from(Case).where(Case.decision == "")
    parked = [
        select(func.count())
        .select_from(table)
        .where(col(table.parked_at).is_not(None), col(table.handled_at).is_(None))
        for table in (InboxEvent, Effect)
    ]
    return (
        (await session.exec(leaks)).one(),
        (await session.exec(cases)).one(),
        sum([(await session.exec(query)).one() for query in parked]),
    )
