"""The tracker: every affiliate in one table, for a spreadsheet."""

import csv
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TextIO

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.spreadsheets import inert
from domain.taxes import standing_of
from storage import affiliates, ledger, taxes

COLUMNS = (
    "affiliate_id",
    "legal_name",
    "display_name",
    "email",
    "status",
    "promo_code",
    "stripe_promotion_code_id",
    "stripe_coupon_id",
    "terms_version",
    "submitted_at",
    "approved_at",
    "approved_by",
    "payout_method",
    "payout_status",
    "tax_status",
    "unpaid_balance",
)


async def rows(session: AsyncSession) -> AsyncIterator[dict[str, str]]:
    """The tracker's rows, as text; the unpaid balance reads `usd 1250`, in minor units."""
    unpaid = await ledger.unpaid(session)
    forms = await taxes.all_current(session)
    async for affiliate, code in affiliates.everyone(session):
        yield {
            "affiliate_id": affiliate.reference,
            "legal_name": affiliate.legal_name,
            "display_name": affiliate.display_name,
            "email": affiliate.email,
            "status": affiliate.status,
            "promo_code": affiliate.promo_code,
            "stripe_promotion_code_id": code.stripe_promotion_code_id if code else "",
            "stripe_coupon_id": code.stripe_coupon_id if code else "",
            "terms_version": affiliate.terms_version,
            "submitted_at": _day(affiliate.submitted_at),
            "approved_at": _day(affiliate.approved_at),
            "approved_by": affiliate.approved_by,
            "payout_method": affiliate.payout_method,
            "payout_status": affiliate.payout_status,
            "tax_status": standing_of(forms.get(affiliate.id)).status,
            "unpaid_balance": " + ".join(
                f"{currency} {amount}"
                for currency, amount in sorted(unpaid.get(affiliate.id, {}).items())
            ),
        }


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""


async def write_csv(session: AsyncSession, to: TextIO) -> int:
    """Write the tracker as CSV; returns the number of affiliates."""
    table = csv.DictWriter(to, COLUMNS)
    table.writeheader()
    count = 0
    async for row in rows(session):
        table.writerow({name: inert(value) for name, value in row.items()})
        count += 1
    return count
