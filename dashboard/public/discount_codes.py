"""`/api/discount-codes/…`: what a code takes off, and a checkout with codes, for anybody.

The product's pages may call it from a browser; nothing here needs to be secret.
"""

import hmac
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from limits import RateLimitItem

from dashboard.api.bodies import read_object
from dashboard.api.moments import rfc3339
from dashboard.api.problems import ProblemError, answer_problems
from dashboard.bearer import bearer
from dashboard.context import CONTEXT, DashboardContext
from dashboard.limits import CHECKOUTS_PER_CLIENT, CODES_PER_CLIENT, LIMITS, Limits
from dashboard.public.checkouts import NoPriceError, open_checkout, price_of
from domain import code_checks, program
from domain.checkouts import Offer, Order, offer
from domain.code_checks import CodeRefusedError, Person, Price, Refusal, Wish, in_words
from domain.emails import parse_email
from domain.errors import InvalidError
from domain.program import Plan, Program
from domain.texts import keepable
from integrations.errors import TransportError
from integrations.stripe import StripeGateway
from storage.codes import DiscountCode

PREFIX: Final = "/api/discount-codes"

_SESSION: Final = "{CHECKOUT_SESSION_ID}"
"""What the payment provider replaces in the address that follows a payment."""
_SOON_S: Final = 10
_LONGEST: Final = {"ref": 100, "email": 254, "customer": 255, "plan": 40}
_LONGEST_ADDRESS: Final = 2000
_LONGEST_HOST: Final = 253
_log = structlog.get_logger(__name__)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add both addresses to the server's app."""
    public = web.Application(middlewares=[allow_product(context), answer_problems])
    public[CONTEXT] = context
    public[LIMITS] = Limits()
    public.router.add_get("/validate", validate)
    public.router.add_post("/apply", apply)
    app.add_subapp(PREFIX, public)


def allow_product(context: DashboardContext) -> Middleware:
    """Let pages of the product call us from a browser (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    addresses = (context.settings.product_url, *context.settings.clerk_authorized_parties)
    origins = frozenset(filter(None, map(_origin, addresses)))

    @web.middleware
    async def allowed(request: web.Request, handler: Handler) -> web.StreamResponse:
        asks = request.method == hdrs.METH_OPTIONS
        response = web.Response(status=204) if asks else await handler(request)
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        origin = request.headers.get(hdrs.ORIGIN, "")
        if origin in origins:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = hdrs.RETRY_AFTER
            if asks:
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST"
                response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = hdrs.CONTENT_TYPE
                response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "7200"
        return response

    return allowed


def _origin(address: str) -> str:
    """The origin of an address as browsers write it; empty for nonsense."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, usual} else "")


async def validate(request: web.Request) -> web.Response:
    """`?code=&plan=&user=`: what a code takes off, or why it may not be used.

    Several codes, repeated or with commas, are judged together. `user` is a mail address or a
    customer's id.
    """
    if not _is_product(request):
        await _spend(request, CODES_PER_CLIENT)
    context = request.app[CONTEXT]
    words = code_checks.read_codes(_apart(request.query.getall("code", [])))
    person = _user(keepable(request.query.get("user", ""))[: _LONGEST["email"]].strip())
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
    wish = _read(await read_object(request), context, trusted=trusted)
    async with context.db.read() as session:
        settings = await program.load(session)
    plan = _plan(wish.plan, settings)
    if plan is None:
        raise _wrong("plan", "Choose a plan.")
    try:
        order = replace(wish.order, price=await price_of(gateway, plan, settings))
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


@dataclass(frozen=True, slots=True)
class _Wish:
    """An order whose price is still to be asked for."""

    plan: str
    order: Order


def _read(given: dict[str, Any], context: DashboardContext, *, trusted: bool) -> _Wish:
    unknown = given.keys() - _FIELDS
    if unknown:
        raise _wrong(min(unknown), "There is no such field.")
    codes = given.get("codes", given.get("code"))
    listed = [codes] if isinstance(codes, str) else codes or []
    if not isinstance(listed, list) or not all(isinstance(code, str) for code in listed):
        raise _wrong("codes", "Send the codes as a list of texts.")
    typed = _apart(listed)
    texts = {name: _text(given, name) for name in _LONGEST}
    email = parse_email(texts["email"]) if texts["email"] else ""
    if email is None:
        raise _wrong("email", "This is no mail address.")
    if texts["customer"] and not trusted:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "A customer can be named with the product's token only: "
            "Authorization: Bearer PRODUCT_API_TOKEN.",
        )
    settings = context.settings
    order = Order(
        Price(texts["plan"], "", "", 0),
        Person(email, texts["customer"]),
        code_checks.read_codes(typed) if any(code.strip() for code in typed) else (),
        ref=texts["ref"].upper(),
        referrer=_host(given.get("referrer")),
        success_url=_address(given, "success_url", context)
        or f"{settings.public_url}/pricing?checkout={_SESSION}",
        cancel_url=_address(given, "cancel_url", context) or f"{settings.public_url}/pricing",
    )
    return _Wish(texts["plan"], order)


_FIELDS: Final = frozenset({"code", "codes", "referrer", "success_url", "cancel_url", *_LONGEST})


def _apart(codes: list[str]) -> list[str]:
    """Codes that may have commas between them."""
    return [part for text in codes for part in text.split(",")]


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name) or ""
    if not isinstance(value, str):
        raise _wrong(name, "Send a text.")
    value = keepable(value).strip()
    if len(value) > _LONGEST[name]:
        raise _wrong(name, f"At most {_LONGEST[name]} characters.")
    return value


def _address(given: dict[str, Any], name: str, context: DashboardContext) -> str:
    """An address to return to, which has to be the product's or ours: nobody borrows our name."""
    value = given.get(name) or ""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not value.isprintable():
        raise _wrong(name, f"Send an address of at most {_LONGEST_ADDRESS} characters.")
    if not value:
        return ""
    ours = {_origin(context.settings.product_url), _origin(context.settings.public_url)} - {""}
    if _origin(value) not in ours or "\\" in value:
        raise _wrong(name, f"Customers can be led back to {' or '.join(sorted(ours))} only.")
    return value


def _host(referrer: object) -> str:
    """The host of an address, or of a host by itself.

    Empty for nonsense: what a browser makes of it must not keep anybody from paying.
    """
    text = keepable(referrer) if isinstance(referrer, str) else ""
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        return (parts.hostname or "")[:_LONGEST_HOST]
    except ValueError:
        return ""


def _user(text: str) -> Person:
    return Person(text) if "@" in text else Person(customer_id=text)


async def _customer(gateway: StripeGateway, customer_id: str) -> Person:
    found = await gateway.customers.fetch(customer_id)
    if found is None:
        raise _wrong("customer", "There is no such customer.")
    return Person(found.email, found.id)


def _plan(slug: str, settings: Program) -> Plan | None:
    slug = slug.strip()
    if not slug:
        return None
    plan = settings.plan(slug)
    if plan is None:
        known = ", ".join(one.slug for one in settings.plans)
        raise _wrong("plan", f"There is no plan {slug[:40]}. Choose one of {known}.")
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
    wait = await request.app[LIMITS].wait(item, request.remote or "")
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


def _wrong(name: str, sentence: str) -> InvalidError:
    return InvalidError(sentence, {name: sentence})


def _unavailable(sentence: str) -> ProblemError:
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, sentence, retry_after=_SOON_S)
