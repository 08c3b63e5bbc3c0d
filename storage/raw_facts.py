"""The raw rows that rollups sum, in one shape: whose, from where, on which day or in which month.

`day` and `month` make of a moment what the rollups know it by; no click of before `since` counts.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlmodel import col

from storage.clicks import BOT, COUNTED, REPEAT, Click
from storage.commissions import Commission
from storage.ledger import POSTED_FOR, LedgerEntry
from storage.referrals import Referral
from storage.rollups import ALL, Rollup
from storage.sales import Sale


def ranked(month: Any, since: datetime | None) -> CompoundSelect[Any]:
    """What the months count: clicks of people and converted referrals, each with its month."""
    kept = []
    if since is not None:
        gone = (
            col(Rollup.dimension) == ALL,
            col(Rollup.day) < since.date(),
            col(Rollup.clicks) != 0,
        )
        # By its text, which begins with the month in both databases.
        its_month = func.substr(cast(col(Rollup.day), String), 1, 7, type_=String)
        kept = [
            select(col(Rollup.affiliate_user_id), its_month, col(Rollup.clicks), literal(0)).where(
                *gone
            )
        ]
    return union_all(
        select(
            col(Click.affiliate_user_id).label("affiliate"),
            month(Click.clicked_at).label("day"),
            literal(1).label("clicks"),
            literal(0).label("referrals"),
        ).where(col(Click.kind) == COUNTED, *_whole(since)),
        *kept,
        select(
            col(Referral.affiliate_user_id), month(Referral.converted_at), literal(0), literal(1)
        ).where(col(Referral.counted).is_(True), col(Referral.converted_at).is_not(None)),
    )


def _whole(since: datetime | None) -> list[ColumnElement[bool]]:
    """Clicks that are rows yet; of the others some may be, while they are being deleted."""
    return [] if since is None else [col(Click.clicked_at) >= since]


def happened(day: Any, since: datetime | None) -> CompoundSelect[Any]:
    """Clicks, sign-ups and conversions, each with its day and where it came from."""
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
        ).where(*_whole(since)),
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


def earned(day: Any, *, postgresql: bool) -> Select[Any]:
    """Every movement of a commission, with its day and where the customer came from."""
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
