"""Settling sales: what a commission should be, and the difference to what was posted.

A handler never adds what an event says. It fetches the invoice as it stands and calls `settle`,
so that duplicates, any order, partial refunds, disputes and missed events are one code path.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import (
    attribution,
    checkouts,
    commissions,
    conversions,
    effects,
    fraud,
    network_sales,
    program,
    redemptions,
    two_tier,
    webhook_moments,
)
from domain.attribution import Customer, Decision, Evidence, Started, person_key
from domain.checkouts import Trail
from domain.errors import NotFoundError
from domain.program import Program
from domain.redemptions import DiscountGiven
from domain.texts import keepable
from domain.webhook_events import Event, publish
from storage import affiliates, rollups
from storage import commissions as commission_rows
from storage import sales as rows
from storage import two_tier as second_tiers
from storage.affiliates import Affiliate
from storage.commissions import Commission
from storage.locks import take_turn
from storage.referrals import Referral
from storage.sales import Sale
from storage.two_tier import SecondTierCommission


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An invoice with its payments, fees, refunds and disputes, as fetched.

    Money is minor units of `currency`, the settlement currency of the balance transactions:
    `collected` is what the payments brought, `fee` the provider's, `refunded` what went back,
    `disputed` what open or lost disputes hold. `fetched_at` is when the fetch began.
    `cycle` is the rank (from 1) among the customer's paid invoices above zero,
    `subscription_cycle` among the subscription's, 0 for an invoice that brought nothing;
    `earlier` are the invoices that rank before it, oldest first. `price` is the provider's id of
    what was sold, `plan` the name that it has there. `discounts` are what its codes took off, in
    the currency of the invoice; `checkout` is our id of the checkout that the purchase began with.
    """

    invoice_id: str
    customer: Customer
    currency: str
    collected: int
    tax: int
    fee: int
    refunded: int
    disputed: int
    cycle: int
    paid_at: datetime
    fetched_at: datetime
    subscription_id: str = ""
    subscription_cycle: int = 0
    price: str = ""
    plan: str = ""
    codes: tuple[str, ...] = ()
    discounts: tuple[DiscountGiven, ...] = ()
    checkout: str = ""
    earlier: tuple[str, ...] = field(default=())


class EarlierSalesNeededError(Exception):
    """The customer's earlier invoices decide about this one and were not seen: settle them first.

    `invoice_ids` names them, oldest first.
    """

    def __init__(self, invoice_ids: tuple[str, ...]) -> None:
        super().__init__(f"settle first: {', '.join(invoice_ids)}")
        self.invoice_ids = invoice_ids


async def settle(session: AsyncSession, facts: InvoiceFacts) -> Sale:
    """Bring a sale and its commission to what the facts say.

    Older facts than those at hand change nothing. Raises `EarlierSalesNeededError`.
    """
    await take_turn(session, f"customer:{facts.customer.id}")
    settings = await program.load(session)
    sale = await rows.by_invoice(session, facts.invoice_id, lock=True)
    if sale is not None and facts.fetched_at < sale.facts_at:
        return sale
    await _require_earlier(session, facts, settings)
    before = webhook_moments.seen(sale) if sale is not None else None
    if sale is None:
        sale = Sale(
            invoice_id=facts.invoice_id,
            customer_id=facts.customer.id,
            currency=facts.currency,
            paid_at=facts.paid_at,
            facts_at=facts.fetched_at,
        )
    _learn(sale, facts, settings)
    session.add(sale)
    await session.flush()
    trail = await checkouts.trail(session, facts.checkout) if facts.checkout else None
    commission = await commission_rows.of_sale(session, sale.id)
    # Without one it is undecided yet, lies beyond the cycles that earn, or a network pays for it.
    changed, moved = commission is None, list[Event]()
    if commission is None and sale.outcome != network_sales.PAID_BY_NETWORK:
        commission = await _credit(session, sale, facts, trail, settings)
    if commission is not None:
        moved = await _post(session, commission, sale)
        changed |= bool(moved)
    await network_sales.follow(session, sale)
    # Behind the frozen terms: a tier's rate begins with the next sale.
    news = await conversions.follow(session, sale, changed=changed)
    # Behind the affiliate: whoever locks both an affiliate and a code does it in this order.
    await redemptions.record(session, sale, facts.discounts, trail, settings)
    await publish(session, *webhook_moments.sale(sale, before), *moved)
    await conversions.note(session, news)
    return sale


async def _post(session: AsyncSession, commission: Commission, sale: Sale) -> list[Event]:
    """Bring a commission, and its recruiter's share, to what the sale says now.

    Returns what changed.
    """
    second, before = await two_tier.held(session, commission), commission.amount_cents
    if await commissions.adjust(session, commission, sale):
        await effects.update_balance(session, commission.affiliate_user_id)
    moved = list(webhook_moments.commission(commission, before))
    if second is not None:
        before = second.commission_amount_cents
        if await two_tier.adjust(session, second, commission, sale):
            await effects.update_balance(session, second.tier1_affiliate_id)
        moved += webhook_moments.share(second, before, sale)
    return moved


async def _require_earlier(session: AsyncSession, facts: InvoiceFacts, settings: Program) -> None:
    """Only cycles that can earn depend on what came before."""
    if _cycle(facts, settings) > settings.max_cycles:
        return
    missing = set(facts.earlier) - await rows.known(session, facts.earlier)
    if missing:
        raise EarlierSalesNeededError(tuple(one for one in facts.earlier if one in missing))


def _learn(sale: Sale, facts: InvoiceFacts, settings: Program) -> None:
    sale.subscription_id = facts.subscription_id
    sale.collected, sale.tax, sale.fee = facts.collected, facts.tax, facts.fee
    sale.refunded, sale.disputed = facts.refunded, facts.disputed
    sale.cycle = sale.cycle or _cycle(facts, settings)
    sale.plan = settings.plan_of(facts.price, facts.plan)
    sale.person_key = person_key(facts.customer.email)
    sale.card = facts.customer.card
    sale.facts_at = facts.fetched_at
    sale.updated_at = clock.now()


def _cycle(facts: InvoiceFacts, settings: Program) -> int:
    of_customer = settings.cycle_scope == "customer"
    return facts.cycle if of_customer else facts.subscription_cycle


async def _credit(
    session: AsyncSession,
    sale: Sale,
    facts: InvoiceFacts,
    trail: Trail | None,
    settings: Program,
) -> Commission | None:
    """Decide who is credited and freeze the terms; None where nobody is."""
    sale.trace = []
    if facts.collected <= 0:
        _conclude(sale, "nothing_collected", "Nothing was collected, so there is no commission.")
        return None
    decision = await attribution.decide(
        session, Evidence(facts.customer, facts.codes, facts.paid_at, _started(trail)), settings
    )
    sale.outcome, sale.trace = decision.outcome, decision.trace
    if decision.affiliate is None:
        if decision.refused is None:
            await network_sales.claim(session, sale, facts.customer, None, settings)
        session.add(sale)
        if decision.outcome == "self_referral" and decision.refused is not None:
            await fraud.note_self_referral(
                session,
                decision.refused.id,
                f"invoice:{sale.invoice_id}",
                "bought with their own code or link",
                sale.paid_at,
            )
        return None
    await two_tier.keep_both(session, decision.affiliate.id)
    sale.affiliate_user_id = decision.affiliate.id
    await _remember_referral(session, sale, facts, decision)
    if await network_sales.claim(session, sale, facts.customer, decision.affiliate, settings):
        return None
    if sale.cycle > settings.max_cycles:
        sentence = (
            f"This is paid cycle {sale.cycle}; commissions are paid on the first "
            f"{settings.max_cycles}."
        )
        _conclude(sale, "cycle_limit", sentence)
        return None
    commission = await commissions.freeze(
        session,
        sale,
        decision.affiliate,
        settings,
        attributed_by=decision.by,
        available_at=facts.paid_at + timedelta(days=settings.hold_days),
    )
    await two_tier.freeze(session, sale, commission, facts.customer, settings)
    return commission


def _started(trail: Trail | None) -> Started | None:
    if trail is None:
        return None
    return Started(tuple(one.code for one in trail.codes), trail.ref, trail.started_at)


def _conclude(sale: Sale, outcome: str, sentence: str) -> None:
    sale.outcome = outcome
    sale.trace = [*sale.trace, {"step": "end", "result": sentence}]


async def _remember_referral(
    session: AsyncSession, sale: Sale, facts: InvoiceFacts, decision: Decision
) -> None:
    """The first credited sale settles for good who brought the customer."""
    if decision.affiliate is None:
        return
    referral = await attribution.referral_of(session, facts.customer)
    if referral is not None and referral.first_sale:
        return
    is_new = referral is None
    if referral is None:
        referral = Referral(
            affiliate_user_id=decision.affiliate.id,
            customer_id=sale.customer_id,
            created_at=facts.paid_at,
        )
    referral.customer_id = sale.customer_id
    referral.affiliate_user_id = decision.affiliate.id
    referral.converted_at = facts.paid_at
    referral.attributed_by = decision.by
    referral.first_sale = True
    referral.code_used = decision.affiliate.promo_code
    referral.plan = referral.plan or sale.plan
    referral.status = referral.status or "active"
    session.add(referral)
    await session.flush()
    if is_new:
        await webhook_moments.referral(session, referral)
    origin = rollups.origin_of(referral, decision.affiliate.id)
    await rollups.count_conversion(session, origin, facts.paid_at)
    await effects.tag_customer(session, sale.customer_id, referral.id)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sale with everything that says why it earns what it earns, if anything."""

    sale: Sale
    commission: Commission | None
    affiliate: Affiliate | None
    second_tier: SecondTierCommission | None = None
    recruiter: Affiliate | None = None
    network: network_sales.Story | None = None


async def explain(session: AsyncSession, invoice_id: str) -> Explanation:
    """Why a sale was credited or not. Raises `NotFoundError` for an invoice never seen paid."""
    sale = await rows.by_invoice(session, keepable(invoice_id))
    if sale is None:
        raise NotFoundError(f"No paid invoice {invoice_id} was seen.")
    owner = sale.affiliate_user_id
    commission = await commission_rows.of_sale(session, sale.id)
    second = await second_tiers.of_commission(session, commission.id) if commission else None
    return Explanation(
        sale,
        commission,
        await affiliates.get(session, owner) if owner else None,
        second,
        await affiliates.get(session, second.tier1_affiliate_id) if second else None,
        await network_sales.story(session, sale),
    )
