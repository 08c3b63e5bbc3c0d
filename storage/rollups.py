"""Rollups: an affiliate's clicks, sign-ups, conversions and earnings, summed by day.

Each is kept in the transaction of the rows that it sums, so it is exact at any instant.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, cast, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Field, SQLModel, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.referrals import Referral

ALL = "all"
TAG = "tag"
PAGE = "page"
COUNTRY = "country"
LINK = "link"
DIMENSIONS = (ALL, TAG, PAGE, COUNTRY, LINK)

IS_ALL = text("dimension = 'all'")
"""As a text, the same wherever it stands: the index of the days serves who asks in its words."""

COUNTS = ("clicks", "repeats", "bots", "signups", "conversions")


class Rollup(SQLModel, table=True):
    """What happened on one UTC day under one `value` of a `dimension`.

    The value is a source tag, a landing page, a country or, for `link`, "tag page"; empty where
    none is known, and for `all`. `clicks` are those that count, `repeats` and `bots` the others.
    A sign-up counts on its day for whom the link belongs to, a conversion (a customer's first
    credited sale) on the day it was paid for whoever is credited.
    """

    __tablename__ = "referral_rollups"
    __table_args__ = (
        Index("ix_referral_rollups_days", "day", sqlite_where=IS_ALL, postgresql_where=IS_ALL),
    )

    affiliate_user_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    clicks: int = 0
    repeats: int = 0
    bots: int = 0
    signups: int = 0
    conversions: int = 0


class EarningRollup(SQLModel, table=True):
    """What the ledger got from sales on one UTC day, in minor units of `currency`, signed."""

    __tablename__ = "referral_earning_rollups"

    affiliate_user_id: UUID = Field(primary_key=True)
    dimension: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    currency: str = Field(primary_key=True)
    amount: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something came from: whose it is, and by which tag, page and country."""

    affiliate_id: UUID
    source_tag: str = ""
    landing_page: str = ""
    country: str = ""

    def values(self) -> Iterator[tuple[str, str]]:
        """`(dimension, value)` of every rollup that it is part of, in the order of writing."""
        yield ALL, ""
        yield COUNTRY, self.country
        yield LINK, f"{self.source_tag} {self.landing_page}"
        yield PAGE, self.landing_page
        yield TAG, self.source_tag


def origin_of(referral: Referral | None, affiliate_id: UUID) -> Origin:
    """Where an affiliate's sale came from: from their own link's sign-up, or nobody knows where."""
    if referral is None or referral.signup_affiliate_id != affiliate_id:
        return Origin(affiliate_id)
    return Origin(affiliate_id, referral.source_tag, referral.landing_page, referral.country)


async def count_signup(session: AsyncSession, origin: Origin, moment: datetime) -> None:
    """Count a sign-up."""
    await _count(session, origin, moment, signups=1)


async def count_conversion(session: AsyncSession, origin: Origin, moment: datetime) -> None:
    """Count a customer's first credited sale."""
    await _count(session, origin, moment, conversions=1)


async def _count(session: AsyncSession, origin: Origin, moment: datetime, **counts: int) -> None:
    none = dict.fromkeys(COUNTS, 0)
    rows = [_under(origin, *under, moment) | none | counts for under in origin.values()]
    await _add(session, Rollup, rows, counts)


async def earn(
    session: AsyncSession, origin: Origin, moment: datetime, currency: str, amount: int
) -> None:
    """Add what was posted to the ledger for a sale, in minor units."""
    more = {"currency": currency, "amount": amount}
    rows = [_under(origin, *under, moment) | more for under in origin.values()]
    await _add(session, EarningRollup, rows, ["amount"])


def _under(origin: Origin, dimension: str, value: str, moment: datetime) -> dict[str, Any]:
    return {
        "affiliate_user_id": origin.affiliate_id,
        "dimension": dimension,
        "value": value,
        "day": moment.astimezone(UTC).date(),
    }


async def _add(
    session: AsyncSession,
    table: type[SQLModel],
    rows: Sequence[Mapping[str, Any]],
    counts: Iterable[str],
) -> None:
    postgresql = session.get_bind().dialect.name == "postgresql"
    made = (postgresql_insert if postgresql else sqlite_insert)(table).values(rows)
    keys = [key.name for key in table.__table__.primary_key]  # type: ignore[attr-defined]
    added = {name: getattr(table, name) + made.excluded[name] for name in counts}
    await session.exec(made.on_conflict_do_update(index_elements=keys, set_=added))


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened: clicks that count, the others apart, and what became of them."""

    clicks: int = 0
    repeats: int = 0
    bots: int = 0
    signups: int = 0
    conversions: int = 0


async def by_value(
    session: AsyncSession,
    affiliate_id: UUID,
    dimension: str,
    since: date | None,
    *,
    limit: int,
    among: Collection[str] | None = None,
    until: date | None = None,
) -> dict[str, Counts]:
    """Counts since a day by the values of a dimension: of too many, those that brought most.

    `among` leaves all other values out, and `until` all later days.
    """
    query = (
        select(Rollup.value, *_SUMS)
        .where(*_of(Rollup, affiliate_id, dimension, since, among=among, until=until))
        .group_by(Rollup.value)
        .order_by(_SUMS[-1].desc(), _SUMS[0].desc(), Rollup.value)
        .limit(limit)
    )
    return {value: Counts(*counts) for value, *counts in await session.exec(query)}


async def earned_by_value(
    session: AsyncSession,
    affiliate_id: UUID,
    dimension: str,
    since: date | None,
    *,
    among: Collection[str] | None = None,
    until: date | None = None,
) -> dict[str, dict[str, int]]:
    """Earnings since a day by the values of a dimension, in minor units by currency."""
    query = (
        select(EarningRollup.value, EarningRollup.currency, _EARNED)
        .where(*_of(EarningRollup, affiliate_id, dimension, since, among=among, until=until))
        .group_by(EarningRollup.value, EarningRollup.currency)
        .order_by(EarningRollup.value, EarningRollup.currency)
    )
    found: dict[str, dict[str, int]] = {}
    for value, currency, amount in await session.exec(query):
        found.setdefault(value, {})[currency] = amount
    return found


async def by_day(
    session: AsyncSession, affiliate_id: UUID, dimension: str, value: str, since: date | None
) -> dict[date, Counts]:
    """Counts of one value by day, since a day; days without any are left out."""
    query = (
        select(col(Rollup.day), *_SUMS)
        .where(*_of(Rollup, affiliate_id, dimension, since), Rollup.value == value)
        .group_by(Rollup.day)
        .order_by(Rollup.day)
    )
    return {day: Counts(*counts) for day, *counts in await session.exec(query)}


async def earned_by_day(
    session: AsyncSession, affiliate_id: UUID, since: date, until: date
) -> Sequence[tuple[date, str, int]]:
    """What sales brought from one day to another, both included: `(day, currency, amount)`."""
    query = (
        select(col(EarningRollup.day), EarningRollup.currency, EarningRollup.amount)
        .where(*_of(EarningRollup, affiliate_id, ALL, since, until=until))
        .order_by(col(EarningRollup.day), EarningRollup.currency)
    )
    return [(day, currency, amount) for day, currency, amount in await session.exec(query)]


_SUMS: Any = [cast(func.sum(getattr(Rollup, name)), BigInteger) for name in COUNTS]
_EARNED: Any = cast(func.sum(EarningRollup.amount), BigInteger)


def _of(
    table: type[Rollup] | type[EarningRollup],
    affiliate_id: UUID,
    dimension: str,
    since: date | None,
    *,
    among: Collection[str] | None = None,
    until: date | None = None,
) -> list[Any]:
    where: list[Any] = [table.affiliate_user_id == affiliate_id, table.dimension == dimension]
    if since is not None:
        where.append(table.day >= since)
    if among is not None:
        where.append(col(table.value).in_(among))
    if until is not None:
        where.append(table.day <= until)
    return where
