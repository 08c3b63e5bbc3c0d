"""`/api/admin/sales/{invoice_id}`: what a sale brought, and why somebody earns from it or not."""

from typing import ClassVar
from uuid import UUID

import clock
from dashboard.api.contract import Call, operation
from dashboard.api.moments import Moment
from dashboard.api.network_views import DeliveryView, delivery_view
from dashboard.api.operators import Operator, operator
from dashboard.api.taking import Taken, Told
from domain.commissions import arithmetic, standing
from domain.sales import Explanation, explain


class Named(Taken):
    """A sale, by the invoice of the payment provider."""

    missing: ClassVar[str] = "There is no such sale."

    invoice_id: str


class Owner(Told):
    """Whose sale it is."""

    id: UUID
    reference: str
    promo_code: str


class Part(Told):
    """A line of the sum, in minor units."""

    name: str
    amount: int


class Arithmetic(Told):
    """How a commission comes about: the parts add up to the base, and the rate is of that."""

    of: str
    parts: list[Part]
    base: int
    rate_bp: int
    amount: int


class NetworkStory(Told):
    """What an affiliate network is told of the sale, in minor units of its currency.

    `told` is what it has heard last, `wanted` what it is to hear, not before `due_at`.
    """

    network: str
    click_id: str
    pays: str
    due_at: Moment
    wanted: int
    told: int
    currency: str
    deliveries: list[DeliveryView]


class CommissionView(Told):
    """What the affiliate has from it, in minor units of its currency."""

    id: UUID
    amount: int
    currency: str
    status: str
    available_at: Moment
    attributed_by: str
    cycle: int
    arithmetic: Arithmetic


class ShareView(Told):
    """What who recruited the affiliate has from it."""

    id: UUID
    affiliate_id: UUID
    promo_code: str
    amount: int
    currency: str
    rate_bp: int
    of: str
    available_at: Moment


class SaleView(Told):
    """A sale; sums are minor units of its currency, `trace` is the decision, step by step."""

    invoice_id: str
    customer_id: str
    subscription_id: str | None
    currency: str
    collected: int
    tax: int
    fee: int
    refunded: int
    disputed: int
    cycle: int
    plan: str | None
    paid_at: Moment
    facts_at: Moment
    outcome: str
    trace: list[dict[str, str]]
    affiliate: Owner | None
    commission: CommissionView | None
    second_tier: ShareView | None
    network: NetworkStory | None


@operation("Explain a sale", tag="Sales", who=operator("sales:read"))
async def show(call: Call[Operator], path: Named) -> SaleView:
    """The facts as last fetched, the decision step by step, and the commission with its sum."""
    async with call.db.read() as session:
        found = await explain(session, path.invoice_id)
    sale, affiliate = found.sale, found.affiliate
    return SaleView(
        invoice_id=sale.invoice_id,
        customer_id=sale.customer_id,
        subscription_id=sale.subscription_id or None,
        currency=sale.currency,
        collected=sale.collected,
        tax=sale.tax,
        fee=sale.fee,
        refunded=sale.refunded,
        disputed=sale.disputed,
        cycle=sale.cycle,
        plan=sale.plan or None,
        paid_at=sale.paid_at,
        facts_at=sale.facts_at,
        outcome=sale.outcome,
        trace=sale.trace,
        affiliate=None
        if affiliate is None
        else Owner(id=affiliate.id, reference=affiliate.reference, promo_code=affiliate.promo_code),
        commission=_commission(found),
        second_tier=_second_tier(found),
        network=_network(found),
    )


def _commission(found: Explanation) -> CommissionView | None:
    commission = found.commission
    if commission is None:
        return None
    summed = arithmetic(found.sale, commission.base, commission.rate_bp)
    return CommissionView(
        id=commission.id,
        amount=commission.amount_cents,
        currency=commission.currency,
        status=standing(commission, clock.now()),
        available_at=commission.available_at,
        attributed_by=commission.attributed_by,
        cycle=commission.cycle,
        arithmetic=Arithmetic(
            of=commission.base,
            parts=[Part(name=name, amount=amount) for name, amount in summed.parts],
            base=summed.base,
            rate_bp=summed.rate_bp,
            amount=summed.amount,
        ),
    )


def _network(found: Explanation) -> NetworkStory | None:
    """What the network that brought the customer was told, if one did."""
    story = found.network
    if story is None:
        return None
    return NetworkStory(
        network=story.network.slug,
        click_id=story.conversion.click_id,
        pays=story.conversion.pays,
        due_at=story.conversion.due_at,
        wanted=story.wanted,
        told=story.conversion.posted,
        currency=story.conversion.currency,
        deliveries=[delivery_view(each) for each in story.deliveries],
    )


def _second_tier(found: Explanation) -> ShareView | None:
    """The recruiter's share in the commission, if they were promised one."""
    share, recruiter = found.second_tier, found.recruiter
    if share is None or recruiter is None:
        return None
    return ShareView(
        id=share.id,
        affiliate_id=recruiter.id,
        promo_code=recruiter.promo_code,
        amount=share.commission_amount_cents,
        currency=share.currency,
        rate_bp=share.rate_bp,
        of=share.base,
        available_at=share.available_at,
    )
