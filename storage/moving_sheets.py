"""The main nouns as tables for people: what an export's spreadsheets show, one query each."""

from collections.abc import AsyncIterator
from typing import Any, Final

from sqlalchemy import BigInteger, Select, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.affiliates import Affiliate
from storage.applications import Application
from storage.codes import DiscountCode
from storage.commissions import Commission
from storage.ledger import LedgerEntry
from storage.links import ReferralLink
from storage.payouts import Payout
from storage.referrals import Referral
from storage.sales import Sale

_AT_ONCE: Final = 1000


def _of(table: Any, *columns: str) -> Select[Any]:
    """Columns of a table, behind the promo code of whose rows they are."""
    owner = table.affiliate_id if table is Application else table.affiliate_user_id
    return (
        select(col(Affiliate.promo_code).label("affiliate"), *(getattr(table, c) for c in columns))
        .select_from(table)
        .outerjoin(Affiliate, col(Affiliate.id) == owner)
        .order_by(table.id)
    )


SHEETS: Final[dict[str, Select[Any]]] = {
    "applications": _of(
        Application,
        *("email", "legal_name", "display_name", "platform", "platform_url", "requested_code"),
        *("status", "submitted_at", "decided_at", "decided_by", "decision_reason"),
    ),
    "links": _of(ReferralLink, "ref", "suspended", "suspension_reason", "created_at"),
    "codes": _of(
        DiscountCode,
        *("code", "discount_type", "discount_value", "currency", "duration", "duration_months"),
        *("max_uses", "expires_at", "status", "total_uses", "total_discount_cents", "created_at"),
    ),
    "referrals": _of(
        Referral,
        *("customer_id", "user_id", "email_key", "code_used", "plan", "status", "attributed_by"),
        *("signed_up_at", "converted_at", "canceled_at"),
    ),
    "sales": _of(
        Sale,
        *("invoice_id", "customer_id", "currency", "collected", "tax", "fee", "refunded"),
        *("disputed", "cycle", "plan", "outcome", "paid_at"),
    ),
    "commissions": _of(
        Commission,
        *("amount_cents", "currency", "rate_bp", "base", "cycle", "attributed_by", "available_at"),
    )
    .join(Sale, col(Sale.id) == col(Commission.sale_id))
    .add_columns(col(Sale.invoice_id)),
    "ledger": _of(
        LedgerEntry, "amount", "currency", "reason", "source", "available_at", "created_at"
    ),
    "payouts": _of(
        Payout,
        *("amount_cents", "withheld_cents", "currency", "status", "method", "destination"),
        *("reference", "reason", "requested_at", "paid_at"),
    ),
}
"""Each by the name of its file; the affiliates themselves are the tracker."""


def tables() -> list[str]:
    """The table of which each sheet has a row a row."""
    return [list(query.selected_columns)[1].table.name for query in SHEETS.values()]


def headings(name: str) -> list[str]:
    """What stands above the columns of a sheet."""
    return [column.name.removesuffix("_cents") for column in SHEETS[name].selected_columns]


def amounts(name: str) -> list[bool]:
    """Which columns of a sheet hold minor units of the currency in the same row."""
    columns = SHEETS[name].selected_columns
    return ["currency" in columns and isinstance(one.type, BigInteger) for one in columns]


async def parts(session: AsyncSession, name: str) -> AsyncIterator[list[dict[str, Any]]]:
    """The rows of a sheet by its headings, some at a time, oldest first."""
    heads = headings(name)
    query = SHEETS[name].execution_options(yield_per=_AT_ONCE)
    async for found in (await session.stream(query)).partitions():
        yield [dict(zip(heads, values, strict=True)) for values in found]
