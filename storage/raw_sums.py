"""The rollups as the raw rows have them: to compare with those kept, or to build them anew.

Rollups are kept with the rows that they sum; what `differences` finds was done by other hands.

Clicks are forgotten in time, by whole days. Of days before, the clicks in the daily rollups are all
there is: they are taken for true, never built anew, and the months are compared with them.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.columns import utc_day
from storage.leaderboard import EVER, MonthEarning, MonthRollup
from storage.raw_facts import earned, happened, ranked
from storage.retention import CLICKS, whole_since
from storage.rollups import (
    ALL,
    COUNTRY,
    COUNTS,
    DIMENSIONS,
    LINK,
    PAGE,
    TAG,
    EarningRollup,
    Rollup,
)


async def differences(session: AsyncSession) -> int:
    """How many rollups are not what the raw rows come to; the session should be a snapshot."""
    found = 0
    since = await whole_since(session, CLICKS)
    for table, summed in _summed(session, since):
        names = [column.name for column in table.__table__.columns]  # type: ignore[attr-defined]
        columns: list[Any] = [getattr(table, name) for name in names]
        kept = select(*columns).where(_says_something(table))
        should_be = select(summed.subquery())
        for one, other in ((kept, should_be), (should_be, kept)):
            query = select(func.count()).select_from(one.except_(other).subquery())
            found = max(found, await session.scalar(query) or 0)
    return found


async def rebuild(session: AsyncSession) -> None:
    """Sum everything up anew. Whoever writes clicks, sign-ups or sales waits meanwhile."""
    if session.get_bind().dialect.name == "postgresql":
        # Who has written raw rows and not yet the rollup waits for us there, and adds to ours.
        # In the order in which they write.
        tables = ", ".join(
            table.__tablename__ for table in (Rollup, EarningRollup, MonthEarning, MonthRollup)
        )
        connection = await session.connection()
        await connection.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE"))
    since = await whole_since(session, CLICKS)
    for table, summed in _summed(session, since):
        names = [column.name for column in table.__table__.columns]  # type: ignore[attr-defined]
        if table is Rollup and since is not None:
            await _rebuild_days(session, since)
            continue
        await session.exec(delete(table))
        await session.exec(insert(table).from_select(names, summed))


async def _rebuild_days(session: AsyncSession, since: datetime) -> None:
    """Sum the days up anew, with the clicks that are kept of those whose rows are gone."""
    gone = col(Rollup.day) < since.date()
    clicks = col(Rollup.clicks) + col(Rollup.repeats) + col(Rollup.bots)
    await session.exec(delete(Rollup).where(~gone | (clicks == 0)))
    await session.exec(update(Rollup).values(signups=0, conversions=0))
    names = [column.name for column in Rollup.__table__.columns]  # type: ignore[attr-defined]
    keys = [key.name for key in Rollup.__table__.primary_key]  # type: ignore[attr-defined]
    # A WHERE, as SQLite would take ON CONFLICT for a part of the SELECT.
    summed = select(_days(session, since).subquery()).where(true())
    postgresql = session.get_bind().dialect.name == "postgresql"
    made = (postgresql_insert if postgresql else sqlite_insert)(Rollup).from_select(names, summed)
    added = {name: getattr(Rollup, name) + made.excluded[name] for name in COUNTS}
    await session.exec(made.on_conflict_do_update(index_elements=keys, set_=added))


def _says_something(table: type[SQLModel]) -> ColumnElement[bool]:
    """A sum of nothing may be kept or not."""
    if table is EarningRollup:
        return col(EarningRollup.amount) != 0
    if table is MonthEarning:
        return col(MonthEarning.amount) != 0
    if table is MonthRollup:
        return or_(col(MonthRollup.clicks) != 0, col(MonthRollup.referrals) != 0)
    return (
        col(Rollup.clicks)
        + col(Rollup.repeats)
        + col(Rollup.bots)
        + col(Rollup.signups)
        + col(Rollup.conversions)
    ) != 0


def _days(session: AsyncSession, since: datetime | None) -> CompoundSelect[Any]:
    """What happened by day, from the raw rows: no click of before `since`."""
    events = happened(utc_day(session), since).subquery()
    return _by_dimension(events, [], [func.sum(events.c[name]).label(name) for name in COUNTS])


def _with_kept(
    days: CompoundSelect[Any], since: datetime | None
) -> CompoundSelect[Any] | Select[Any]:
    """The same with the clicks that are kept of days whose rows are gone."""
    if since is None:
        return days
    clicks = col(Rollup.clicks) + col(Rollup.repeats) + col(Rollup.bots)
    keys = (Rollup.affiliate_user_id, Rollup.dimension, Rollup.value, Rollup.day)
    kept = select(
        *(col(key) for key in keys),
        *(col(one) for one in (Rollup.clicks, Rollup.repeats, Rollup.bots)),
        literal(0),
        literal(0),
    ).where(col(Rollup.day) < since.date(), clicks != 0)
    both = union_all(select(days.subquery()), kept).subquery()
    names = list(both.c)[: len(keys)]
    sums = [func.sum(both.c[name]).label(name) for name in COUNTS]
    return select(*names, *sums).group_by(*names)


def _summed(
    session: AsyncSession, since: datetime | None
) -> Iterator[tuple[type[SQLModel], CompoundSelect[Any] | Select[Any]]]:
    """What each of the tables should hold, from the raw rows."""
    postgresql = session.get_bind().dialect.name == "postgresql"
    day = utc_day(session)

    def month(moment: Any) -> ColumnElement[str]:
        if postgresql:
            return func.to_char(func.timezone("UTC", moment), "YYYY-MM", type_=String)
        return func.strftime("%Y-%m", moment, type_=String)

    yield Rollup, _with_kept(_days(session, since), since)
    movements = earned(day, postgresql=postgresql).subquery()
    total = func.sum(movements.c.amount)
    yield (
        EarningRollup,
        _by_dimension(
            movements, [movements.c.currency], [cast(total, BigInteger).label("amount")], total != 0
        ),
    )
    by_month = earned(month, postgresql=postgresql).subquery()
    total = func.sum(by_month.c.amount)
    yield (
        MonthEarning,
        _by_period(
            by_month, [by_month.c.currency], [cast(total, BigInteger).label("amount")], total != 0
        ),
    )
    counted = ranked(month, since).subquery()
    counts = [
        cast(func.sum(counted.c[name]), BigInteger).label(name) for name in ("clicks", "referrals")
    ]
    yield MonthRollup, _by_period(counted, [], counts)


def _by_dimension(
    facts: Any,
    keys: list[Any],
    sums: list[Any],
    having: ColumnElement[bool] | None = None,
) -> CompoundSelect[Any]:
    values = {
        ALL: literal("", String),
        TAG: facts.c.tag,
        PAGE: facts.c.page,
        COUNTRY: facts.c.country,
        LINK: facts.c.tag + literal(" ", String) + facts.c.page,
    }
    parts = []
    for dimension in DIMENSIONS:
        value = values[dimension]
        grouped = [facts.c.affiliate, facts.c.day, *keys]
        if dimension != ALL:
            grouped.append(value)
        query = select(
            facts.c.affiliate,
            literal(dimension, String).label("dimension"),
            value.label("value"),
            facts.c.day,
            *keys,
            *sums,
        ).group_by(*grouped)
        parts.append(query if having is None else query.having(having))
    return union_all(*parts)


def _by_period(
    facts: Any,
    keys: list[Any],
    sums: list[Any],
    having: ColumnElement[bool] | None = None,
) -> CompoundSelect[Any]:
    parts = []
    for period in (facts.c.day, literal(EVER, String)):
        query = select(facts.c.affiliate, period.label("period"), *keys, *sums)
        query = query.group_by(facts.c.affiliate, *keys)
        if period is facts.c.day:
            query = query.group_by(facts.c.day)
        parts.append(query if having is None else query.having(having))
    return union_all(*parts)
