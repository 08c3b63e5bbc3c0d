"""The rollups as the raw rows have them: to compare with those kept, or to build them anew.

Rollups are kept with the rows that they sum; what `differences` finds was done by other hands.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    String,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    type_coerce,
    union_all,
)
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.clicks import BOT, COUNTED, REPEAT, Click
from storage.commissions import Commission
from storage.leaderboard import EVER, MonthEarning, MonthRollup
from storage.ledger import POSTED_FOR, LedgerEntry
from storage.referrals import Referral
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
from storage.sales import Sale


async def differences(session: AsyncSession) -> int:
    """How many rollups are not what the raw rows come to; the session should be a snapshot."""
    found = 0
    for table, summed in _summed(session):
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
    for table, summed in _summed(session):
        names = [column.name for column in table.__table__.columns]  # type: ignore[attr-defined]
        await session.exec(delete(table))
        await session.exec(insert(table).from_select(names, summed))


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


def _summed(session: AsyncSession) -> Iterator[tuple[type[SQLModel], CompoundSelect[Any]]]:
    """What each of the tables should hold, from the raw rows."""
    postgresql = session.get_bind().dialect.name == "postgresql"

    def day(moment: Any) -> ColumnElement[date]:
        if postgresql:
            return cast(func.timezone("UTC", moment), Date)
        return func.date(moment, type_=Date)

    def month(moment: Any) -> ColumnElement[str]:
        if postgresql:
            return func.to_char(func.timezone("UTC", moment), "YYYY-MM", type_=String)
        return func.strftime("%Y-%m", moment, type_=String)

    happened = _happened(day).subquery()
    yield (
        Rollup,
        _by_dimension(happened, [], [func.sum(happened.c[name]).label(name) for name in COUNTS]),
    )
    earned = _earned(day, postgresql=postgresql).subquery()
    total = func.sum(earned.c.amount)
    yield (
        EarningRollup,
        _by_dimension(
            earned, [earned.c.currency], [cast(total, BigInteger).label("amount")], total != 0
        ),
    )
    by_month = _earned(month, postgresql=postgresql).subquery()
    total = func.sum(by_month.c.amount)
    yield (
        MonthEarning,
        _by_period(
            by_month, [by_month.c.currency], [cast(total, BigInteger).label("amount")], total != 0
        ),
    )
    ranked = _ranked(month).subquery()
    counts = [
        cast(func.sum(ranked.c[name]), BigInteger).label(name) for name in ("clicks", "referrals")
    ]
    yield MonthRollup, _by_period(ranked, [], counts)


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


def _ranked(month: Any) -> CompoundSelect[Any]:
    return union_all(
        select(
            col(Click.affiliate_user_id).label("affiliate"),
            month(Click.clicked_at).label("day"),
            literal(1).label("clicks"),
            literal(0).label("referrals"),
        ).where(col(Click.kind) == COUNTED),
        select(
            col(Referral.affiliate_user_id), month(Referral.converted_at), literal(0), literal(1)
        ).where(col(Referral.counted).is_(True), col(Referral.converted_at).is_not(None)),
    )


def _happened(day: Any) -> CompoundSelect[Any]:
    zero = literal(0)

    def of_kind(kind: str) -> ColumnElement[int]:
        return case((col(Click.kind) == kind, 1), else_=0)

    own = col(Referral.signup_affiliate_id) == col(Referral.affiliate_user_id)
    return union_all(
        select(
            col(Click.affiliate_user_id).label("affiliate"),
            col(Click.source_tag).label("tag"),
            col(Click.landing_page).label("page"),
            col(Click.country).label("country"),
            day(Click.clicked_at).label("day"),
            of_kind(COUNTED).label("clicks"),
            of_kind(REPEAT).label("repeats"),
            of_kind(BOT).label("bots"),
            zero.label("signups"),
            zero.label("conversions"),
        ),
        select(
            col(Referral.signup_affiliate_id),
            col(Referral.source_tag),
            col(Referral.landing_page),
            col(Referral.country),
            day(Referral.signed_up_at),
            *(zero, zero, zero, literal(1), zero),
        ).where(col(Referral.signup_affiliate_id).is_not(None)),
        select(
            col(Referral.affiliate_user_id),
            *_if_own(own),
            day(Referral.converted_at),
            *(zero, zero, zero, zero, literal(1)),
        ).where(col(Referral.converted_at).is_not(None)),
    )


def _earned(day: Any, *, postgresql: bool) -> Select[Any]:
    # "commission:{id}:{revision}": the id stands at the same place in every one.
    begin, length = len(POSTED_FOR) + 1, 36
    named: ColumnElement[Any] = func.substr(col(LedgerEntry.source), begin, length)
    if postgresql:
        of_entry = cast(col(Commission.id), String) == named
    else:  # as it is kept there, so that the index serves
        of_entry = type_coerce(col(Commission.id), String) == func.replace(named, "-", "")
    own = col(Referral.signup_affiliate_id) == col(Commission.affiliate_user_id)
    tag, page, country = _if_own(own)
    return (
        select(
            col(LedgerEntry.affiliate_user_id).label("affiliate"),
            tag.label("tag"),
            page.label("page"),
            country.label("country"),
            day(LedgerEntry.created_at).label("day"),
            col(LedgerEntry.currency).label("currency"),
            col(LedgerEntry.amount).label("amount"),
        )
        .join(
            Commission,
            and_(col(LedgerEntry.source).startswith(POSTED_FOR), of_entry),
        )
        .join(Sale, col(Sale.id) == col(Commission.sale_id))
        .outerjoin(Referral, col(Referral.customer_id) == col(Sale.customer_id))
    )


def _if_own(own: ColumnElement[bool]) -> list[ColumnElement[str]]:
    return [
        case((own, col(column)), else_=literal("", String))
        for column in (Referral.source_tag, Referral.landing_page, Referral.country)
    ]
