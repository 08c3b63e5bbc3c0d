"""`/api/discount-codes/…`: what a code takes off, and a checkout with codes, for anybody.

The product's pages may call it from a browser; nothing here needs to be secret.
"""

import hmac
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from aiohttp import web
from limits import RateLimitItem

from dashboard.api.contract import Call, Who, operation
from dashboard.api.fields import wrong
from dashboard.api.problems import ProblemError, answer_problems
from dashboard.api.product_views import (
    CheckoutView,
    CodeTold,
    DiscountView,
    InvalidCode,
    OrderBody,
    PreviewView,
    Question,
    ValidCode,
    ValidCodes,
)
from dashboard.api.signups import PRODUCT
from dashboard.api.taking import Described
from dashboard.bearer import bearer
from dashboard.context import CONTEXT, DashboardContext
from dashboard.cors import allow_product
from dashboard.limits import CHECKOUTS_PER_CLIENT, CODES_PER_CLIENT
from dashboard.public.checkouts import NoPriceError, open_checkout, price_of
from dashboard.public.orders import read_order, split_codes
from domain import code_checks, program
from domain.checkouts import Offer, offer
from domain.code_checks import CodeRefusedError, Person, Price, Refusal, Wish, in_words
from domain.program import Program
from domain.program_values import Plan
from domain.typed_codes import read_codes
from integrations.errors import TransportError
from integrations.stripe import StripeGateway
from storage.codes import DiscountCode

PREFIX: Final = "/api/discount-codes"

_SOON_S: Final = 10
_USER_MAX: Final = 255
_log = structlog.get_logger(__name__)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add both addresses to the server's app."""
    public = web.Application(middlewares=[allow_product(context), answer_problems])
    public[CONTEXT] = context
    public.router.add_get("/validate", validate)
    public.router.add_post("/apply", apply)
    app.add_subapp(PREFIX, public)


def _anybody(item: RateLimitItem) -> Who[bool]:
    """Anybody, so often; the product itself, which is told to handlers, as often as it likes."""

    async def admit(request: web.Request) -> bool:
        if _is_product(request):
            return True
        await _spend(request, item)
        return False

    problems = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)
    return Who(admit, (PRODUCT,), problems=problems, optional=True)


@operation("Validate discount codes", tag="Checkout", who=_anybody(CODES_PER_CLIENT))
async def validate(call: Call[bool], query: Question) -> ValidCodes | ValidCode | InvalidCode:
    """What a code takes off, or why it may not be used.

    Several codes, repeated or with commas, are judged together.
    """
    context = call.context
    words = read_codes(split_codes(list(query.code)))
    person = _user(query.user[:_USER_MAX].strip())
    async with context.db.read() as session:
        settings = await program.load(session)
    plan = _plan(query.plan, settings)
    price = await _price_if_known(context, plan, settings)
    wish = Wish(person, plan.slug if plan else "", price)
    async with context.db.read() as session:
        verdict = await code_checks.judge(session, words, wish, settings)
    if verdict.refusal is not None:
        return _invalid(verdict.refusal)
    return _valid(verdict.codes, price)


@operation(
    "Start a checkout",
    tag="Checkout",
    who=_anybody(CHECKOUTS_PER_CLIENT),
    status=HTTPStatus.CREATED,
    problems=(
        HTTPStatus.FORBIDDEN,
        HTTPStatus.CONFLICT,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def apply(
    call: Call[bool], body: Annotated[dict[str, Any], Described(OrderBody)]
) -> CheckoutView:
    """Start a checkout with codes and what attribution needs; 201 with the address to pay at."""
    context = call.context
    gateway = context.stripe
    if gateway is None:
        raise _unavailable("Payments are not set up here yet.")
    wanted = read_order(body, context.settings, trusted=call.caller)
    async with context.db.read() as session:
        settings = await program.load(session)
    plan = _plan(wanted.plan, settings)
    if plan is None:
        raise wrong("plan", "Choose a plan.")
    try:
        order = replace(wanted.order, price=await price_of(gateway, plan, settings))
        if order.person.customer_id:
            order = replace(order, person=await _customer(gateway, order.person.customer_id))
        checkout, made = await open_checkout(context, gateway, order)
    except CodeRefusedError as error:
        refusal = error.refusal
        raise ProblemError(HTTPStatus.CONFLICT, refusal.message, reason=refusal.reason) from error
    except NoPriceError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error), reason="no_price") from error
    except TransportError as error:
        _log.warning("checkout_failed", error=str(error), permanent=error.permanent)
        raise _unavailable("Payment cannot be started at the moment. Try again soon.") from error
    return CheckoutView(
        id=checkout.id,
        url=checkout.url,
        expires_at=checkout.expires_at,
        preview=_preview(made, plan.slug),
    )


def _user(text: str) -> Person:
    return Person(text) if "@" in text else Person(customer_id=text)


async def _customer(gateway: StripeGateway, customer_id: str) -> Person:
    found = await gateway.customers.fetch(customer_id)
    if found is None:
        raise wrong("customer", "There is no such customer.")
    return Person(found.email, found.id)


def _plan(slug: str, settings: Program) -> Plan | None:
    slug = slug.strip()
    if not slug:
        return None
    plan = settings.plan(slug)
    if plan is None:
        known = ", ".join(one.slug for one in settings.plans)
        raise wrong("plan", f"There is no plan {slug[:40]}. Choose one of {known}.")
    return plan


async def _price_if_known(
    context: DashboardContext, plan: Plan | None, settings: Program
) -> Price | None:
    """What the plan costs; None, and so no preview, while that cannot be told."""
    if plan is None or context.stripe is None:
        return None
    try:
        return await price_of(context.stripe, plan, settings)
    except (NoPriceError, TransportError):
        return None


def _valid(codes: tuple[DiscountCode, ...], price: Price | None) -> ValidCodes | ValidCode:
    told = [
        CodeTold(
            code=code.code,
            discount=DiscountView(
                type=code.discount_type, value=code.discount_value, currency=code.currency or None
            ),
            duration=code.duration,
            duration_months=code.duration_months,
            summary=in_words(code),
        )
        for code in codes
    ]
    first = dict(told[0])
    preview = _preview(offer(codes, price), price.plan) if price else None
    if len(told) == 1:
        return ValidCode(**first, preview=preview)
    first["summary"] = " and ".join(in_words(code) for code in codes)
    return ValidCodes(**first, codes=told, preview=preview)


def _invalid(refusal: Refusal) -> InvalidCode:
    return InvalidCode(code=refusal.code, reason=refusal.reason, message=refusal.message)


def _preview(made: Offer, plan: str) -> PreviewView:
    return PreviewView(
        plan=plan,
        currency=made.currency,
        price=made.price,
        discount=made.discount,
        total=made.total,
    )


async def _spend(request: web.Request, item: RateLimitItem) -> None:
    wait = await request.app[CONTEXT].limits.wait(item, request.remote or "")
    if wait:
        sentence = "This was too much at once. Wait a little, then try again."
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, sentence, retry_after=wait)


def _is_product(request: web.Request) -> bool:
    """Whether the product itself asks. A wrong token is an error, none is anybody."""
    given = bearer(request)
    if not given:
        return False
    expected = request.app[CONTEXT].settings.product_api_token
    known = expected.get_secret_value().encode() if expected else b""
    if not known or not hmac.compare_digest(given.encode(errors="surrogateescape"), known):
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "This is not the product's token.")
    return True


def _unavailable(sentence: str) -> ProblemError:
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after=_SOON_S)
