"""From an order to the page on which it is paid: hold the uses, then ask the payment provider."""

from dataclasses import replace
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

import structlog

from dashboard.context import DashboardContext
from domain import checkouts, program
from domain.checkouts import AnotherCheckoutError, Offer, Order
from domain.code_checks import CodeRefusedError, Price, Refusal
from domain.errors import ConflictError
from domain.program import Program
from domain.program_values import Plan
from integrations.errors import TransportError
from integrations.stripe import StripeGateway
from integrations.stripe.coupons import CouponTerms, Duration
from integrations.stripe.reports import CHECKOUT
from storage.checkouts import Checkout

_COMPLETE: Final = "complete"
_log = structlog.get_logger(__name__)


class NoPriceError(ConflictError):
    """A plan that nobody can buy at the moment."""


async def price_of(gateway: StripeGateway, plan: Plan, settings: Program) -> Price:
    """What a plan costs now. Raises `NoPriceError`, and `TransportError` to try again later."""
    try:
        found = await gateway.prices.of_plan(
            plan.slug, price_id=plan.stripe_price, products=settings.eligible_products
        )
    except TransportError as error:
        if not error.permanent:
            raise
        _log.warning("plan_without_price", plan=plan.slug, error=str(error))
        found = None
    if found is None:
        raise NoPriceError(f"The plan {plan.name} is not on sale at the moment.")
    return Price(plan.slug, found.id, found.currency, found.unit_amount)


async def open_checkout(
    context: DashboardContext, gateway: StripeGateway, order: Order
) -> tuple[Checkout, Offer]:
    """Start the checkout of an order, or return the one that was started for it before.

    Raises `CodeRefusedError` with a sentence for the customer, and `TransportError` where the
    payment provider is down; asking again then is safe.
    """
    checkout, offer, settings = await _hold(context, gateway, order)
    if checkout.url:
        return checkout, offer
    try:
        session = await _start(gateway, checkout, offer, settings)
    except TransportError as error:
        # A page that may have come to be without an answer is known to nobody, so that nobody can
        # pay there; only somebody who asks again with the same order is led to it.
        if error.permanent:
            await _release(context, checkout.id)
        if not error.permanent or not order.codes:
            raise
        _log.warning("checkout_refused", codes=order.codes, error=str(error))
        raise CodeRefusedError(_refused(order)) from error
    async with context.db.transaction() as session_:
        noted = await checkouts.note_session(session_, checkout.id, *session)
    return noted, offer


async def _hold(
    context: DashboardContext, gateway: StripeGateway, order: Order
) -> tuple[Checkout, Offer, Program]:
    """Hold the uses, after ending what the same person began before and did not finish."""
    try:
        return await _start_here(context, order)
    except AnotherCheckoutError as another:
        for checkout_id, session_id in another.checkouts:
            if not session_id or not await _end(gateway, session_id):
                # It is being opened right now, or was paid.
                raise CodeRefusedError(another.refusal) from another
            await _release(context, checkout_id)
    try:
        return await _start_here(context, order)
    except AnotherCheckoutError as another:
        raise CodeRefusedError(another.refusal) from another


async def _start_here(context: DashboardContext, order: Order) -> tuple[Checkout, Offer, Program]:
    async with context.db.transaction() as session:
        settings = await program.load(session)
        return *await checkouts.start(session, order, settings), settings


async def _end(gateway: StripeGateway, session_id: str) -> bool:
    """Close a page; False if it was paid."""
    return (await gateway.checkout_sessions.expire(session_id)).status != _COMPLETE


async def _release(context: DashboardContext, checkout_id: UUID) -> None:
    async with context.db.transaction() as session:
        await checkouts.release(session, checkout_id)


async def _start(
    gateway: StripeGateway,
    checkout: Checkout,
    offer: Offer,
    settings: Program,
) -> tuple[str, str]:
    """The provider's page: its id and address. Safe to repeat."""
    promotion_code = coupon = ""
    if len(offer.parts) == 1:
        promotion_code = offer.parts[0][0].stripe_promotion_code_id
    elif offer.discount:
        coupon = await _common_coupon(gateway, checkout, offer, settings)
    session = await gateway.checkout_sessions.start(
        str(checkout.id),
        price=checkout.price_id,
        promotion_code=promotion_code,
        coupon=coupon,
        customer=checkout.customer_id,
        # The provider takes one of them.
        email="" if checkout.customer_id else checkout.email,
        success_url=checkout.success_url,
        cancel_url=checkout.cancel_url,
        expires_at=checkout.expires_at,
    )
    return session.id, session.url


async def _common_coupon(
    gateway: StripeGateway, checkout: Checkout, offer: Offer, settings: Program
) -> str:
    """Several codes in one coupon for this checkout alone: the provider takes one discount."""
    first = offer.parts[0][0]
    terms = CouponTerms(
        duration=cast("Duration", first.duration),
        months=first.duration_months,
        products=frozenset(settings.eligible_products),
    )
    if offer.percent_bp is not None:
        terms = replace(terms, percent_off=Decimal(offer.percent_bp) / 100)
    else:
        terms = replace(terms, amount_off=offer.amount_off, currency=offer.currency)
    made = await gateway.coupons.ensure(
        f"affdesk_checkout_{checkout.id.hex}",
        terms,
        name=" + ".join(code.code for code, _ in offer.parts),
        metadata={CHECKOUT: str(checkout.id)},
        max_redemptions=1,
        redeem_by=checkout.expires_at,
    )
    return made.id


def _refused(order: Order) -> Refusal:
    codes = " and ".join(order.codes)
    return Refusal(
        order.codes[0],
        "refused",
        f"{codes} cannot be used for this purchase: the payment provider does not take it. It may "
        "be for first purchases only, or its last use has just gone.",
    )
