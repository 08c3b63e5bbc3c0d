"""What can stand between an affiliate and a payout. A new requirement is one function more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import taxes, terms
from domain.errors import ConflictError, DomainError, InvalidError, NotAllowedError
from domain.money import money
from domain.program import Program, load
from domain.statuses import Status
from storage import ledger, payouts, tiers
from storage.affiliates import Affiliate
from storage.payouts import Payout
from storage.tiers import Tier


@dataclass(frozen=True, slots=True)
class Claim:
    """What an affiliate could be paid now: minor units of `currency`.

    `minimum` is what a payout needs, at least 1; `open_payout` is the one on its way already.
    """

    affiliate: Affiliate
    currency: str
    available: int
    pending: int
    minimum: int
    open_payout: Payout | None

    @property
    def missing(self) -> int:
        """How much is still missing to the minimum; never below 0."""
        return max(0, self.minimum - self.available)


Barrier = Callable[[AsyncSession, Claim], Awaitable[DomainError | None]]


async def approved(_session: AsyncSession, claim: Claim) -> DomainError | None:
    """Only approved affiliates are paid."""
    if claim.affiliate.status == Status.APPROVED:
        return None
    return NotAllowedError(
        f"Payouts are for approved affiliates; this account is {claim.affiliate.status}."
    )


async def nothing_open(_session: AsyncSession, claim: Claim) -> DomainError | None:
    """One payout at a time."""
    if claim.open_payout is None:
        return None
    amount = money(claim.open_payout.amount_cents, claim.currency)
    return ConflictError(
        f"A payout of {amount} is on its way already. The next one can be asked for after it."
    )


async def minimum_reached(_session: AsyncSession, claim: Claim) -> DomainError | None:
    """Small amounts wait until there is more."""
    if not claim.missing:
        return None
    least, missing = money(claim.minimum, claim.currency), money(claim.missing, claim.currency)
    return InvalidError(f"Payouts start at {least}: {missing} is still missing.")


async def tax_form(session: AsyncSession, claim: Claim) -> DomainError | None:
    """Nobody is paid without a tax form, where those are on."""
    return await taxes.refusal(session, claim.affiliate.id)


async def terms_agreed(session: AsyncSession, claim: Claim) -> DomainError | None:
    """Changed rules are agreed to within some days; until then nothing waits for it."""
    program = await load(session)
    asked = await terms.asked(session, claim.affiliate, program.rules, program.terms_grace_days)
    if asked is None or asked.until is None or clock.now() < asked.until:
        return None
    return NotAllowedError(
        "The program's rules have changed: agree to them on the page Rules, and payouts go on. "
        "What you have earned stays yours."
    )


BARRIERS: tuple[Barrier, ...] = (approved, nothing_open, minimum_reached, tax_form, terms_agreed)
"""Looked at in this order; the first that answers stops the payout, and says why."""


async def claim_of(session: AsyncSession, affiliate: Affiliate, currency: str) -> Claim:
    """What an affiliate could be paid of a currency, as of now."""
    balances = await ledger.balances(session, affiliate.id, clock.now())
    available, pending = balances.get(currency, (0, 0))
    return Claim(
        affiliate=affiliate,
        currency=currency,
        available=available,
        pending=pending,
        minimum=max(1, await minimum_of(session, affiliate, await load(session))),
        open_payout=await payouts.open_of(session, affiliate.id, currency),
    )


async def minimum_of(session: AsyncSession, affiliate: Affiliate, program: Program) -> int:
    """The least that is paid at once: the tier's own minimum, else the program's.

    The same number of minor units counts in every currency.
    """
    tier = await tiers.get(session, affiliate.tier_id) if affiliate.tier_id else None
    return minimum_in(tier, program)


def minimum_in(tier: Tier | None, program: Program) -> int:
    """The same, of somebody whose tier is known."""
    own = tier.min_payout_cents if tier else None
    return program.payout_threshold_cents if own is None else own


async def first_barrier(session: AsyncSession, claim: Claim) -> DomainError | None:
    """What stops this claim, as a sentence to its owner; None if nothing does."""
    for barrier in BARRIERS:
        if refusal := await barrier(session, claim):
            return refusal
    return None
