"""Commissions: terms frozen once, and the difference posted whenever the facts change."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain.money import share
from domain.program import Program
from storage import tiers
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.ledger import LedgerEntry
from storage.sales import Sale

EARNED = "commission"
TAKEN_BACK = "clawback"


async def rate_of(session: AsyncSession, affiliate: Affiliate, program: Program) -> int:
    """Basis points: the affiliate's own rate, else their tier's, else the program's."""
    if affiliate.rate_bp is not None:
        return affiliate.rate_bp
    tier = await tiers.get(session, affiliate.tier_id) if affiliate.tier_id else None
    return tier.rate_bp if tier and tier.rate_bp is not None else program.commission_rate_bp


async def freeze(
    session: AsyncSession,
    sale: Sale,
    affiliate: Affiliate,
    program: Program,
    *,
    attributed_by: str,
    available_at: datetime,
) -> Commission:
    """Make the commission of a sale, with nothing posted yet."""
    commission = Commission(
        sale_id=sale.id,
        affiliate_user_id=affiliate.id,
        rate_bp=await rate_of(session, affiliate, program),
        base=program.commission_base,
        cycle=sale.cycle,
        attributed_by=attributed_by,
        currency=sale.currency,
        available_at=available_at,
    )
    session.add(commission)
    await session.flush()
    return commission


def base_of(sale: Sale, base: str) -> int:
    """What a commission is a share of, in minor units, never below 0.

    `net` is what was collected less tax, the provider's fee, refunds and open or lost disputes;
    `gross` leaves the fee in.
    """
    left = sale.collected - sale.tax - sale.refunded - sale.disputed
    if base == "net":
        left -= sale.fee
    return max(0, left)


async def adjust(session: AsyncSession, commission: Commission, sale: Sale) -> bool:
    """Post the difference between what the commission should be and what was posted.

    Every entry is available when the commission is, also one that takes back. Returns whether
    anything was posted.
    """
    due = share(base_of(sale, commission.base), commission.rate_bp)
    difference = due - commission.amount_cents
    if difference == 0:
        return False
    commission.revision += 1
    commission.amount_cents = due
    commission.updated_at = clock.now()
    session.add(commission)
    session.add(
        LedgerEntry(
            affiliate_user_id=commission.affiliate_user_id,
            amount=difference,
            currency=commission.currency,
            reason=EARNED if difference > 0 else TAKEN_BACK,
            source=f"commission:{commission.id}:{commission.revision}",
            available_at=commission.available_at,
        )
    )
    await session.flush()
    return True
