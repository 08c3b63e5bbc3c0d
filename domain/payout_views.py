"""A payout as those see it who decide on it."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import program, taxes
from domain.errors import NotFoundError
from domain.taxes import Standing
from storage import affiliates, ledger, payouts
from storage import taxes as tax_forms
from storage.affiliates import Affiliate
from storage.payouts import Payout
from storage.taxes import TaxForm
from storage.vault import vault_of


@dataclass(frozen=True, slots=True)
class View:
    """A payout as finance decides on it. Money is minor units of the payout's currency.

    `left` and `pending` are the balance beside what this payout takes; `needed` is how many
    people have to approve. `tax` is where the affiliate stands with their tax form now, None where
    those are off; `tax_form` is the form that the payout was asked for with.
    """

    payout: Payout
    affiliate: Affiliate
    left: int
    pending: int
    needed: int
    tax: Standing | None = None
    tax_form: TaxForm | None = None


async def view(session: AsyncSession, payout_id: UUID) -> View:
    """One payout with what is known around it. Raises `NotFoundError`."""
    payout = await payouts.get(session, payout_id)
    affiliate = await affiliates.get(session, payout.affiliate_user_id) if payout else None
    if payout is None or affiliate is None:
        raise NotFoundError("There is no such payout.")
    balances = await ledger.balances(session, affiliate.id, clock.now())
    left, pending = balances.get(payout.currency, (0, 0))
    needed = approvals_needed(payout, await program.load(session))
    tax = await taxes.standing(session, affiliate.id) if vault_of(session) else None
    form = await tax_forms.get(session, payout.tax_form_id) if payout.tax_form_id else None
    return View(payout, affiliate, left, pending, needed, tax, form)


def approvals_needed(payout: Payout, settings: program.Program) -> int:
    """Two people above the program's limit, otherwise one."""
    limit = settings.two_person_payout_cents
    return 2 if limit is not None and payout.amount_cents > limit else 1
