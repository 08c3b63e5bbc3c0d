"""Reconciling: what our books said of a sale, what they say after looking again, and proof.

The repair itself is `sales.settle`, as for any event; here is only the comparison.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import contest_winners, effects, imports, milestone_awards, payouts, two_tier
from domain.commissions import EARNED, TAKEN_BACK
from domain.money import money
from storage import commissions, contests, ledger, sales
from storage import imports as import_rows
from storage import milestones as milestone_rows
from storage import payouts as payout_rows
from storage import two_tier as two_tier_rows

SHOWN = 20
"""Differences that a message names one by one."""


@dataclass(frozen=True, slots=True)
class Books:
    """What is written of one sale, in minor units of `currency`."""

    currency: str
    collected: int
    tax: int
    fee: int
    refunded: int
    disputed: int
    commission: int
    recruiter_share: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a reconciliation found: invoices looked at, and a sentence for each difference."""

    since: datetime
    looked_at: int
    differences: tuple[str, ...]

    def text(self) -> str:
        """The summary for a person, the first differences by name."""
        head = (
            f"Reconciled with the payment provider since {self.since.date().isoformat()}: "
            f"{_count(self.looked_at, 'invoice')}, "
        )
        if not self.differences:
            return head + "no differences."
        shown = list(self.differences[:SHOWN])
        if len(self.differences) > SHOWN:
            shown.append(f"and {len(self.differences) - SHOWN} more.")
        return "\n".join([head + f"{_count(len(self.differences), 'difference')}:", *shown])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


async def books(session: AsyncSession, invoice_id: str) -> Books | None:
    """What is written of an invoice; None where it is no sale."""
    sale = await sales.by_invoice(session, invoice_id)
    if sale is None:
        return None
    commission = await commissions.of_sale(session, sale.id)
    second = await two_tier_rows.of_commission(session, commission.id) if commission else None
    return Books(
        currency=sale.currency,
        collected=sale.collected,
        tax=sale.tax,
        fee=sale.fee,
        refunded=sale.refunded,
        disputed=sale.disputed,
        commission=commission.amount_cents if commission else 0,
        recruiter_share=second.commission_amount_cents if second else 0,
        outcome=sale.outcome,
    )


def difference(invoice_id: str, before: Books | None, after: Books | None) -> str | None:
    """What changed, as a sentence; None where nothing did."""
    if before == after or after is None:
        return None
    if before is None:
        earned = money(after.commission, after.currency)
        return f"{invoice_id} was missing; its commission is {earned}. Repaired."
    both = [(it.name, getattr(before, it.name), getattr(after, it.name)) for it in fields(Books)]
    changes = [
        f"{name.replace('_', ' ')} {_shown(was, before)} → {_shown(is_now, after)}"
        for name, was, is_now in both
        if was != is_now
    ]
    return f"{invoice_id}: {', '.join(changes)}. Repaired."


async def came_back(session: AsyncSession, transfer: str, amount_cents: int) -> str | None:
    """Give back what was reversed of a transfer so far; what that changed, as a sentence.

    None where nothing changed, also for a transfer that paid no payout.
    """
    payout = await payout_rows.by_reference(session, transfer, payouts.STRIPE)
    if payout is None:
        return None
    before = await payout_rows.given_back(session, payout)
    await payouts.transfer_reversed(session, transfer, amount_cents)
    after = await payout_rows.given_back(session, payout)
    if after == before:
        return None
    was, is_now = (money(cents, payout.currency) for cents in (before, after))
    return f"{transfer}: reversed {was} → {is_now}. Repaired."


def _shown(value: int | str, of: Books) -> str:
    return money(value, of.currency) if isinstance(value, int) else value


async def disagreements(session: AsyncSession) -> Sequence[str]:
    """Where the books do not agree with themselves: never, unless somebody touched them.

    Commissions, shares of recruits' ones and milestone bonuses are the sums of their ledger
    entries; a share is what it should be by the commission that it is of.
    """
    return [
        *_unlike(
            "commissions",
            await commissions.totals(session),
            await ledger.totals(session, {EARNED, TAKEN_BACK}),
        ),
        *_unlike(
            "shares of recruits' commissions",
            await two_tier_rows.totals(session),
            await ledger.totals(session, {two_tier.EARNED, two_tier.TAKEN_BACK}),
        ),
        *_unlike(
            "milestone bonuses",
            await milestone_rows.totals(session),
            await ledger.totals(session, {milestone_awards.GIVEN, milestone_awards.WITHDRAWN}),
        ),
        *_unlike(
            "brought-over commissions",
            await import_rows.totals(session),
            await ledger.totals(session, {imports.BROUGHT, imports.CORRECTED}),
        ),
        *_unlike(
            "contest prizes",
            await contests.prizes(session),
            await ledger.totals(session, {contest_winners.REASON}),
        ),
        *[
            f"The share {share.id} of a recruiter is "
            f"{money(share.commission_amount_cents, share.currency)}; by the recruit's commission "
            f"it should be {money(due, share.currency)}. Somebody changed the database; settling "
            f"the invoice {sale.invoice_id} again repairs this."
            async for share, commission, sale in two_tier_rows.with_originals(session)
            if (due := two_tier.amount(share, commission, sale)) != share.commission_amount_cents
        ],
    ]


def _unlike(
    what: str, owed: dict[tuple[UUID, str], int], posted: dict[tuple[UUID, str], int]
) -> list[str]:
    return [
        f"The {what} of affiliate {affiliate} come to {money(owed.get(key, 0), currency)}, "
        f"their ledger to {money(posted.get(key, 0), currency)}. Somebody changed the database; "
        "this is not repaired."
        for key in sorted({*owed, *posted}, key=str)
        if owed.get(key, 0) != posted.get(key, 0)
        for affiliate, currency in [key]
    ]


async def tell(session: AsyncSession, summary: Summary) -> None:
    """Post the summary to operators, if there is anything to tell."""
    if summary.differences:
        await effects.tell_operators(session, summary.text())
