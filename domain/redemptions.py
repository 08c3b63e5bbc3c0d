"""Redemptions: what codes took off an invoice, brought to what the invoice says now.

As with sales, nothing is added up from events: rows are made to agree with the facts, and the
counters of a code are sums over its rows. So any order of news, and hearing it twice, ends alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import checkouts, effects, leaks
from domain.checkouts import Trail
from domain.money import proportion, split
from domain.program import Program
from storage import codes
from storage import redemptions as rows
from storage.codes import DiscountCode
from storage.redemptions import Redemption
from storage.sales import Sale


@dataclass(frozen=True, slots=True)
class DiscountGiven:
    """What one discount took off an invoice, in minor units of `currency`, the invoice's own.

    `code` is what the customer typed and `promotion_code` the provider's id of that; both are
    empty for a discount that a checkout applied by itself, whose id is in its `metadata`.
    `coupon` is the provider's id of the discount's terms.
    """

    amount: int
    currency: str
    code: str = ""
    promotion_code: str = ""
    coupon: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Taken:
    amount: int
    currency: str


async def record(
    session: AsyncSession,
    sale: Sale,
    discounts: Sequence[DiscountGiven],
    trail: Trail | None,
    settings: Program,
) -> None:
    """Bring the redemptions of a sale's invoice, and the counters of their codes, up to date.

    `trail` is that of the checkout of ours by which the customer bought, where it was one.
    """
    taken = await _by_code(session, discounts, trail)
    if trail is not None:
        await checkouts.complete(session, trail.checkout_id)
    before = {row.discount_code_id: row for row in await rows.of_invoice(session, sale.invoice_id)}
    for code_id in sorted(taken.keys() | before.keys()):
        code = await codes.get(session, code_id, lock=True)
        if code is None or (code_id not in before and _is_prior(code, sale)):
            continue
        row, amount = before.get(code_id), taken.get(code_id)
        if amount is None:
            if row is not None:
                _void(row)
        elif row is None:
            row = _new(sale, code_id, amount.currency, trail)
            _fill(row, sale, amount)
        else:
            _fill(row, sale, amount)
        session.add(row)
        await session.flush()
        await _tell_renewals(session, code_id, sale.subscription_id)
        await _count(session, code, settings)
        if row is not None and code_id not in before:
            await _watch_limits(session, code, row)
    for code_id in sorted(taken.keys() - before.keys()):
        await leaks.watch(session, code_id, settings)


def _is_prior(code: DiscountCode, sale: Sale) -> bool:
    """Whether a use is among those that the code had before it was taken over from elsewhere."""
    return code.prior_uses > 0 and sale.paid_at < code.created_at


async def _by_code(
    session: AsyncSession, discounts: Iterable[DiscountGiven], trail: Trail | None
) -> dict[UUID, _Taken]:
    """What each code of ours took off; what no code of ours did is left out."""
    taken: dict[UUID, _Taken] = {}
    for discount in discounts:
        for code_id, amount in await _shares(session, discount, trail):
            already = taken[code_id].amount if code_id in taken else 0
            taken[code_id] = _Taken(already + amount, discount.currency)
    return taken


async def _shares(
    session: AsyncSession, discount: DiscountGiven, trail: Trail | None
) -> list[tuple[UUID, int]]:
    """Whose discount it is: one code's, or, of a checkout with several, their shares of it."""
    code = await _code_of(session, discount)
    if code is not None:
        return [(code.id, discount.amount)]
    if trail is None or str(trail.checkout_id) not in discount.metadata.values():
        return []
    shares = split(discount.amount, [one.discount_cents for one in trail.codes])
    return [(one.discount_code_id, amount) for one, amount in zip(trail.codes, shares, strict=True)]


async def _code_of(session: AsyncSession, discount: DiscountGiven) -> DiscountCode | None:
    """The code by the provider's id; by the word, since a changed code gets another id there."""
    if discount.promotion_code:
        found = await codes.by_promotion_code(session, discount.promotion_code)
        if found is not None:
            return found
    if discount.code:
        found = await codes.by_code(session, discount.code.strip().upper())
        if found is not None:
            return found
    of_coupon = await codes.of_coupon(session, discount.coupon) if discount.coupon else []
    return of_coupon[0] if len(of_coupon) == 1 else None


def _new(sale: Sale, code_id: UUID, currency: str, trail: Trail | None) -> Redemption:
    ours = trail is not None and any(one.discount_code_id == code_id for one in trail.codes)
    return Redemption(
        discount_code_id=code_id,
        user_id=sale.customer_id,
        person_key=sale.person_key,
        stripe_invoice_id=sale.invoice_id,
        subscription_id=sale.subscription_id,
        checkout_id=trail.checkout_id if trail is not None and ours else None,
        currency=currency,
        redeemed_at=sale.paid_at,
    )


def _fill(row: Redemption, sale: Sale, taken: _Taken) -> None:
    row.discount_amount_cents = taken.amount
    row.refunded_cents = proportion(taken.amount, sale.refunded, sale.collected)
    row.voided = False
    row.updated_at = clock.now()


def _void(row: Redemption) -> None:
    row.discount_amount_cents = row.refunded_cents = 0
    row.voided = True
    row.updated_at = clock.now()


async def _tell_renewals(session: AsyncSession, code_id: UUID, subscription_id: str) -> None:
    """Of a subscription's invoices the first is the use, whichever was heard of first."""
    if not subscription_id:
        return
    used = False
    for row in await rows.of_subscription(session, code_id, subscription_id):
        row.renewal = used
        used = used or not row.voided
        session.add(row)
    await session.flush()


async def _count(session: AsyncSession, code: DiscountCode, settings: Program) -> None:
    """Make the counters the sums that they are.

    The discount given is that in the code's currency, or in the program's for a percentage:
    currencies are never added.
    """
    code.total_uses = (await rows.uses(session, [code.id])).get(code.id, 0)
    given: Mapping[str, tuple[int, int]] = (await rows.given(session, [code.id])).get(code.id, {})
    code.total_discount_cents = given.get(code.currency or settings.currency, (0, 0))[0]
    session.add(code)
    await rows.keep_sums(session, code.id, given)
    await session.flush()


async def _watch_limits(session: AsyncSession, code: DiscountCode, row: Redemption) -> None:
    """Tell operators of a use beyond the limits: one that was typed where we could not refuse."""
    if row.renewal:
        return
    by_person = await rows.uses_by(session, [code.id], row.person_key, row.user_id)
    mine, uses = by_person.get(code.id, 0), code.total_uses + code.prior_uses
    if mine > code.max_uses_per_user:
        await effects.tell_operators(
            session,
            f"The customer {row.user_id} has used the code {code.code} {_times(mine)}; each may "
            f"use it {_times(code.max_uses_per_user)}. It was typed on the payment provider's own "
            f"page, which knows no limit per person (invoice {row.stripe_invoice_id}).",
        )
    elif code.max_uses is not None and uses > code.max_uses:
        await effects.tell_operators(
            session,
            f"The code {code.code} has been used {_times(uses)}, though it is for "
            f"{_times(code.max_uses)} (invoice {row.stripe_invoice_id}).",
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
