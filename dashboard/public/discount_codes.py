"""`/api/discount-codes/…`: what a code takes off, and a checkout with codes, for anybody.

The product's pages may call it from a browser; nothing here needs to be secret.
"""

import hmac
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web
from limits import RateLimitItem

from dashboard.api.bodies import read_object
from dashboard.api.fields import wrong
from dashboard.api.moments import rfc3339
from dashboard.api.problems import ProblemError, answer_problems
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
from domain.texts import keepable
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


async def validate(request: web.Request) -> web.Response:
    """`?code=&plan=&user=`: what a code takes off, or why it may not be used.

    Several codes, repeated or with commas, are judged together. `user` is a mail address or a
    customer's id.
    """
    if not _is_product(request):
        await _spend(request, CODES_PER_CLIENT)
    context = request.app[CONTEXT]
    words = read_codes(split_codes(request.query.getall("code", [])))
    person = _user(keepable(request.query.get("user", ""))[:_USER_MAX].strip())
    async with context.db.read() as session:
        settings = await program.load(session)
    plan = _plan(keepable(request.query.get("plan", "")), settings)
    price = await _price_if_known(context, plan, settings)
    wish = Wish(person, plan.slug if plan else "", price)
    async with context.db.read() as session:
        verdict = await code_checks.judge(session, words, wish, settings)
    if verdict.refusal is not None:
        return web.json_response(_invalid(verdict.refusal))
    return web.json_response(_valid(verdict.codes, price))


async def apply(request: web.Request) -> web.Response:
    """Start a checkout with codes and what attribution needs; 201 with the address to pay at."""
    context = request.app[CONTEXT]
    trusted = _is_product(request)
    if not trusted:
        await _spend(request, CHECKOUTS_PER_CLIENT)
    gateway = context.stripe
    if gateway is None:
        raise _unavailable("Payments are not set up here yet.")
    wanted = read_order(await read_object(request), context.settings, trusted=trusted)
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
    return web.json_response(
        {
            "id": str(checkout.id),
            "url": checkout.url,
            "expires_at": rfc3339(checkout.expires_at),
            "preview": _preview(made, plan.slug),
        },
        status=HTTPStatus.CREATED,
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


def _valid(codes: tuple[DiscountCode, ...], price: Price | None) -> dict[str, Any]:
    """What the codes do. The first speaks for those beside it, which `codes` lists one by one."""
    told = [
        {
            "code": code.code,
            "discount": {
                "type": code.discount_type,
                "value": code.discount_value,
                "currency": code.currency or None,
            },
            "duration": code.duration,
            "duration_months": code.duration_months,
            "summary": in_words(code),
        }
        for code in codes
    ]
    body: dict[str, Any] = {"valid": True, **told[0]}
    if len(told) > 1:
        body |= {"summary": " and ".join(in_words(code) for code in codes), "codes": told}
    return body | {"preview": _preview(offer(codes, price), price.plan) if price else None}


def _invalid(refusal: Refusal) -> dict[str, Any]:
    return {
        "valid": False,
        "code": refusal.code,
        "reason": refusal.reason,
        "message": refusal.message,
    }


def _preview(made: Offer, plan: str) -> dict[str, Any]:
    return {
        "plan": plan,
        "currency": made.currency,
        "price": made.price,
        "discount": made.discount,
        "total": made.total,
    }


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
