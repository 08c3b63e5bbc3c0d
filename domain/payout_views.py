"""A payout as those see it who decide on it."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import program
from domain.errors import NotFoundError
from storage import affiliates, ledger, payouts
from storage.affiliates import Affiliate
from storage.payouts import Payout


@dataclass(frozen=True, slots=True)
class View:
    """A payout as finance decides on it. Money is minor units of the payout's currency.

    `left` and `pending` are the balance beside what this payout takes; `needed` is how many
    people have to approve.
    """

    payout: Payout
    affiliate: Affiliate
    left: int
    pending: int
    needed: int


async def view(session: AsyncSession, payout_id: UUID) -> View:
    """One payout with what is known around it. Raises `NotFoundError`."""
    payout = await payouts.get(session, payout_id)
    affiliate = await affiliates.get(session, payout.affiliate_user_id) if payout else None
    if payout is None or affiliate is None:
        raise NotFoundError("There is no such payout.")
    balances = await ledger.balances(session, affiliate.id, clock.now())
    left, pending = balances.get(payout.currency, (0, 0))
    needed = approvals_needed(payout, await program.load(session))
    return View(payout, affiliate, left, pending, needed)


def approvals_needed(payout: Payout, settings: program.Program) -> int:
    """Two people above the program's limit, otherwise one."""
    limit = settings.two_person_payout_cents
    return 2 if limit is not None and payout.amount_cents > limit else 1
