"""Two tiers: whoever recruited an affiliate earns a share of what that one's sales bring.

The terms are fixed when the recruit's commission is made, and the share follows that commission
ever after, also when the program has stopped paying for new ones. There is one level only: a
share earns nobody anything.
"""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import commissions, live
from domain.attribution import Customer, own_purchase
from domain.money import percent, share
from domain.program import Program
from domain.statuses import Status
from storage import affiliates
from storage import two_tier as rows
from storage.commissions import Commission
from storage.ledger import LedgerEntry
from storage.sales import Sale
from storage.two_tier import SecondTierCommission

EARNED = "second_tier"
TAKEN_BACK = "second_tier_taken_back"

BASES = {"commission": "what they earn", "sale": "what their commissions are a share of"}
"""What a share is of, in the words of the promise."""


async def keep_both(session: AsyncSession, affiliate_id: UUID) -> None:
    """Keep an affiliate and their recruiter, before anything is written that refers to either."""
    recruiter_id = await rows.recruiter_of(session, affiliate_id)
    if recruiter_id is not None:
        await affiliates.keep(session, {affiliate_id, recruiter_id})


async def freeze(
    session: AsyncSession,
    sale: Sale,
    commission: Commission,
    customer: Customer,
    program: Program,
) -> None:
    """Promise the recruiter a share of a commission that was just made, if they get one.

    The sale's trace says so, or why they get none. Nothing is posted yet.
    """
    recruiter_id = await rows.recruiter_of(session, commission.affiliate_user_id)
    recruiter = await affiliates.get(session, recruiter_id) if recruiter_id else None
    if recruiter is None:
        return
    code, terms = recruiter.promo_code, f"{percent(program.second_tier_rate_bp)} of"
    if not program.two_tier_enabled:
        sentence = f"{code} recruited them, and earns nothing from it: two tiers are off."
    elif recruiter.status == Status.TERMINATED:
        sentence = f"{code} recruited them, was terminated and earns nothing any more."
    elif refusal := await own_purchase(session, recruiter, customer):
        sentence = f"{code} recruited them, and earns nothing from this: {refusal}"
    else:
        of_what = "the commission" if program.second_tier_base == "commission" else "its base"
        sentence = f"{code} recruited them, and earns {terms} {of_what}."
        session.add(
            SecondTierCommission(
                tier1_affiliate_id=recruiter.id,
                tier2_affiliate_id=commission.affiliate_user_id,
                original_commission_id=commission.id,
                rate_bp=program.second_tier_rate_bp,
                base=program.second_tier_base,
                currency=commission.currency,
                available_at=commission.available_at,
            )
        )
    sale.trace = [*sale.trace, {"step": "second_tier", "result": sentence}]
    session.add(sale)
    await session.flush()


async def held(session: AsyncSession, commission: Commission) -> SecondTierCommission | None:
    """The recruiter's share in a commission, with both affiliates kept for what will be posted."""
    found = await rows.of_commission(session, commission.id)
    if found is not None:
        await affiliates.keep(session, {found.tier1_affiliate_id, found.tier2_affiliate_id})
    return found


def amount(of: SecondTierCommission, commission: Commission, sale: Sale) -> int:
    """What a share should be now, in minor units."""
    base = commission.amount_cents
    if of.base == "sale":
        base = commissions.arithmetic(sale, commission.base, commission.rate_bp).base
    return share(base, of.rate_bp)


async def adjust(
    session: AsyncSession, of: SecondTierCommission, commission: Commission, sale: Sale
) -> bool:
    """Post the difference between what a share should be and what was posted.

    It is available when the commission is, also what takes back. Returns whether anything was
    posted. The commission is brought up to date before.
    """
    due = amount(of, commission, sale)
    difference = due - of.commission_amount_cents
    if difference == 0:
        return False
    of.revision += 1
    of.commission_amount_cents = due
    of.updated_at = clock.now()
    session.add(of)
    session.add(
        LedgerEntry(
            affiliate_user_id=of.tier1_affiliate_id,
            amount=difference,
            currency=of.currency,
            reason=EARNED if difference > 0 else TAKEN_BACK,
            source=f"second_tier:{of.id}:{of.revision}",
            available_at=of.available_at,
        )
    )
    await session.flush()
    await live.touch(session, of.tier1_affiliate_id)
    return True
