"""What the leaderboard ranks by: clicks, referrals and earnings of each affiliate, by month.

Each sum is moved in the transaction of the rows that it sums, so a ranking reads one period of
an index and never the rows themselves. Writers move days (`storage.rollups`) before months, and
earnings before counts, so that none of them wait for each other in a circle.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ColumnElement, Index, case
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.affiliates import Affiliate

EVER = "all"
"""The period that is no month."""

_WHOLE_BP = 10_000


class MonthRollup(SQLModel, table=True):
    """People's clicks, and converted referrals, of one UTC month (`2026-11`) or of all time.

    A referral belongs to the month of its first credited sale, and only while it is counted.
    """

    __tablename__ = "affiliate_month_rollups"
    __table_args__ = (
        Index("ix_affiliate_month_rollups_referrals", "period", "referrals", "affiliate_user_id"),
        Index(
            "ix_affiliate_month_rollups_clicks",
            *("period", "clicks", "referrals", "affiliate_user_id"),
        ),
    )

    affiliate_user_id: UUID = Field(primary_key=True)
    period: str = Field(primary_key=True)
    clicks: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    referrals: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


class MonthEarning(SQLModel, table=True):
    """What the ledger got from an affiliate's own sales in a UTC month or ever, signed."""

    __tablename__ = "affiliate_month_earnings"
    __table_args__ = (
        Index(
            "ix_affiliate_month_earnings_amount",
            *("period", "currency", "amount", "affiliate_user_id"),
        ),
    )

    affiliate_user_id: UUID = Field(primary_key=True)
    period: str = Field(primary_key=True)
    currency: str = Field(primary_key=True)
    amount: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


def month_of(moment: datetime) -> str:
    """The period that a moment lies in, by the calendar in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m}"


async def count_referral(
    session: AsyncSession, affiliate_id: UUID, converted_at: datetime, change: int
) -> None:
    """Count a referral in the month that it converted in, or with -1 count it no more."""
    await _add(session, MonthRollup, affiliate_id, converted_at, {"clicks": 0, "referrals": change})


async def earn(
    session: AsyncSession, affiliate_id: UUID, moment: datetime, currency: str, amount: int
) -> None:
    """Add what was posted to the ledger for a sale, in minor units."""
    keys = {"currency": currency}
    await _add(session, MonthEarning, affiliate_id, moment, {"amount": amount}, **keys)


async def _add(
    session: AsyncSession,
    table: type[SQLModel],
    affiliate_id: UUID,
    moment: datetime,
    counts: dict[str, int],
    **keys: str,
) -> None:
    rows = [
        {"affiliate_user_id": affiliate_id, "period": period} | keys | counts
        for period in (month_of(moment), EVER)
    ]
    postgresql = session.get_bind().dialect.name == "postgresql"
    made = (postgresql_insert if postgresql else sqlite_insert)(table).values(rows)
    added = {name: getattr(table, name) + made.excluded[name] for name in counts}
    index = ["affiliate_user_id", "period", *keys]
    await session.exec(made.on_conflict_do_update(index_elements=index, set_=added))


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who is compared by what: each has an affiliate's column, a value and its conditions."""

    owner: Any
    value: Any
    among: tuple[ColumnElement[bool], ...]

    def of(self, hidden: Collection[str]) -> tuple[ColumnElement[bool], ...]:
        """Those who are ranked: who has more than nothing, and is in no hidden status."""
        left_out = select(Affiliate.id).where(col(Affiliate.status).in_(hidden))
        return (*self.among, self.value > 0, self.owner.not_in(left_out))


def by_referrals(period: str) -> Ranking:
    """By converted referrals of a period."""
    among = (col(MonthRollup.period) == period,)
    return Ranking(col(MonthRollup.affiliate_user_id), col(MonthRollup.referrals), among)


def by_earnings(period: str, currency: str) -> Ranking:
    """By earnings of a period in one currency."""
    among = (col(MonthEarning.period) == period, col(MonthEarning.currency) == currency)
    return Ranking(col(MonthEarning.affiliate_user_id), col(MonthEarning.amount), among)


def by_rate(period: str, min_clicks: int) -> Ranking:
    """By converted referrals of a hundred clicks, in basis points, halves up, 100 % at most.

    Only of those who have at least `min_clicks`, which is at least 1.
    """
    clicks, referrals = col(MonthRollup.clicks), col(MonthRollup.referrals)
    # The case guards the division: a database may compute it before it looks at the conditions.
    rate = case(
        (clicks <= 0, 0),
        (referrals >= clicks, _WHOLE_BP),
        else_=(2 * _WHOLE_BP * referrals + clicks) // (2 * clicks),
    )
    among = (col(MonthRollup.period) == period, clicks >= min_clicks)
    return Ranking(col(MonthRollup.affiliate_user_id), rate, among)


async def top(
    session: AsyncSession, ranking: Ranking, hidden: Collection[str], limit: int
) -> list[tuple[UUID, int]]:
    """`(affiliate, value)` of those with the most."""
    query = (
        select(ranking.owner, ranking.value)
        .where(*ranking.of(hidden))
        .order_by(ranking.value.desc(), ranking.owner.desc())
        .limit(limit)
    )
    return [(owner, int(value)) for owner, value in await session.exec(query)]


async def standing(
    session: AsyncSession, ranking: Ranking, hidden: Collection[str], affiliate_id: UUID | None
) -> tuple[int, int, int]:
    """How many are ranked; what one affiliate has, and how many are ranked that have more.

    What they have is 0 where there is nothing of theirs to compare.
    """
    ranked = ranking.of(hidden)
    if affiliate_id is None:
        return (await session.exec(select(func.count()).where(*ranked))).one(), 0, 0
    own = select(ranking.value).where(*ranking.among, ranking.owner == affiliate_id)
    value = func.coalesce(own.correlate(None).scalar_subquery(), 0)
    query = select(func.count(), value, func.count().filter(ranking.value > value)).where(*ranked)
    found, has, above = (await session.exec(query)).one()
    return found, int(has), above


async def clicks_of(session: AsyncSession, affiliate_id: UUID, period: str) -> int:
    """How many of people's clicks an affiliate has in a period."""
    row = await session.get(MonthRollup, (affiliate_id, period))
    return row.clicks if row else 0
