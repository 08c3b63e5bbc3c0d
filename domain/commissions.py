"""Commissions: terms frozen once, and the difference posted whenever the facts change."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import live
from domain.money import share
from domain.program import Program
from storage import leaderboard, referrals, rollups, tiers
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.ledger import POSTED_FOR, LedgerEntry
from storage.sales import Sale
from storage.tiers import Tier

EARNED = "commission"
TAKEN_BACK = "clawback"


async def rate_of(session: AsyncSession, affiliate: Affiliate, program: Program) -> int:
    """Basis points: the affiliate's own rate, else their tier's, else the program's."""
    tier = await tiers.get(session, affiliate.tier_id) if affiliate.tier_id else None
    return rate_in(tier, affiliate, program)


def rate_in(tier: Tier | None, affiliate: Affiliate, program: Program) -> int:
    """The same, of somebody whose tier is known."""
    if affiliate.rate_bp is not None:
        return affiliate.rate_bp
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


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How a commission comes about, in minor units.

    The signed `parts` (`collected`, `tax`, `fee`, `refunded`, `disputed`) add up to the `base`,
    which is never below 0; `rate_bp` of it is the `amount`. `fee` is no part of a gross base.
    """

    parts: tuple[tuple[str, int], ...]
    base: int
    rate_bp: int
    amount: int


def arithmetic(sale: Sale, base: str, rate_bp: int) -> Arithmetic:
    """The sum behind a commission on a sale as it stands; `base` is `net` or `gross`."""
    parts = [
        ("collected", sale.collected),
        ("tax", -sale.tax),
        ("fee", -sale.fee),
        ("refunded", -sale.refunded),
        ("disputed", -sale.disputed),
    ]
    if base == "gross":
        parts = [part for part in parts if part[0] != "fee"]
    left = max(0, sum(amount for _, amount in parts))
    return Arithmetic(tuple(parts), left, rate_bp, share(left, rate_bp))


class Standing(StrEnum):
    """What has become of a commission."""

    ON_HOLD = "on_hold"
    AVAILABLE = "available"
    TAKEN_BACK = "taken_back"
    NOTHING = "nothing"


def standing(commission: Commission, now: datetime) -> Standing:
    """Where a commission stands. Once available it is part of the balance, paid out or not."""
    if commission.amount_cents == 0:
        return Standing.TAKEN_BACK if commission.revision else Standing.NOTHING
    return Standing.ON_HOLD if commission.available_at > now else Standing.AVAILABLE


async def adjust(session: AsyncSession, commission: Commission, sale: Sale) -> bool:
    """Post the difference between what the commission should be and what was posted.

    Every entry is available when the commission is, also one that takes back. Returns whether
    anything was posted.
    """
    due = arithmetic(sale, commission.base, commission.rate_bp).amount
    difference = due - commission.amount_cents
    if difference == 0:
        return False
    commission.revision += 1
    commission.amount_cents = due
    commission.updated_at = clock.now()
    session.add(commission)
    entry = LedgerEntry(
        affiliate_user_id=commission.affiliate_user_id,
        amount=difference,
        currency=commission.currency,
        reason=EARNED if difference > 0 else TAKEN_BACK,
        source=f"{POSTED_FOR}{commission.id}:{commission.revision}",
        available_at=commission.available_at,
    )
    session.add(entry)
    await session.flush()
    referral = await referrals.of_customer(session, sale.customer_id)
    origin = rollups.origin_of(referral, commission.affiliate_user_id)
    await rollups.earn(session, origin, entry.created_at, entry.currency, difference)
    await leaderboard.earn(
        session, entry.affiliate_user_id, entry.created_at, entry.currency, difference
    )
    await live.touch(session, commission.affiliate_user_id)
    await live.touch_standings(session)
    return True
