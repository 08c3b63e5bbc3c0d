"""`/pricing`: choose a plan, try a promo code, see what it costs, go to pay.

It works by its form alone; `static/pricing.js` only saves the reload.
"""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web

import clock
from dashboard import rendering
from dashboard.context import CONTEXT, VISIT, DashboardContext
from dashboard.forms import FORM, FormView
from dashboard.limits import CHECKOUTS_PER_CLIENT, CODES_PER_CLIENT
from dashboard.public import pricing_form
from dashboard.public.checkouts import open_checkout
from dashboard.public.pricing_form import OnSale, Preview
from dashboard.rendering import render, see_other
from dashboard.security import CSP, guard, own_forms_only
from dashboard.session import know_visitor
from domain.code_checks import CodeRefusedError
from domain.money import money
from domain.texts import keepable
from integrations.errors import TransportError
from storage import checkouts
from storage.checkouts import COMPLETED, LATE, OPEN, Checkout

PREFIX: Final = "/pricing"
PAYMENT_PAGES: Final = "https://checkout.stripe.com"
POLICY: Final = (
    CSP.replace("form-action 'self'", f"form-action 'self' {PAYMENT_PAGES}")
    + "; connect-src 'self'"
)
"""Browsers hold where the answer to a form leads to `form-action` as well."""

_CONFIRMED_IN_S: Final = 3
_SOON_S: Final = 60
_log = structlog.get_logger(__name__)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add the pricing page to the server's app."""
    pages = web.Application(middlewares=[guard, know_visitor, own_forms_only])
    pages[CONTEXT] = context
    rendering.set_up(pages, frame="customers.html", home=PREFIX)
    pages.router.add_get("", show)
    pages.router.add_post("", send)
    app.add_subapp(PREFIX, pages)


async def show(request: web.Request) -> web.Response:
    """The page as its address asks for it, or how the checkout ended that it names."""
    name = request.query.get("checkout", "")
    async with request.app[CONTEXT].db.read() as session:
        checkout = await checkouts.by_session(session, keepable(name)) if name else None
        if checkout is not None and _may_be_paid(checkout):
            codes = await checkouts.codes_of(session, checkout.id)
            return _thanks(request, checkout, [(one.code, one.discount_cents) for one in codes])
    plans = await _on_sale(request)
    if isinstance(plans, web.Response):
        return plans
    form = pricing_form.read(request.query, plans)
    came_from = pricing_form.host_of(request.headers.get(hdrs.REFERER, ""))
    own = {urlsplit(request.app[CONTEXT].settings.public_url).hostname, request.url.host}
    form.values["referrer"] = "" if came_from in own else came_from
    preview = await _preview(request, form, plans)
    return _page(request, form, preview, unfinished=bool(name))


def _may_be_paid(checkout: Checkout) -> bool:
    """Whether a checkout was paid, or news of it may still be under way."""
    waits = checkout.status == OPEN and checkout.expires_at + LATE > clock.now()
    return waits or checkout.status == COMPLETED


async def send(request: web.Request) -> web.Response:
    """Judge what was typed; with `do=pay`, and nothing against it, lead to payment."""
    plans = await _on_sale(request)
    if isinstance(plans, web.Response):
        return plans
    posted = request[FORM]
    form = pricing_form.read(posted, plans)
    if posted.get("do") == "pay":
        checkout = await _begin(request, form, plans)
        if checkout is not None:
            return _lead_to(request, checkout.url)
    preview = await _preview(request, form, plans)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return _page(request, form, preview, status=status)


async def _begin(
    request: web.Request, form: FormView, plans: tuple[OnSale, ...]
) -> Checkout | None:
    """Start the checkout; None where the form now says what stands against it."""
    context = request.app[CONTEXT]
    order = pricing_form.order(form, plans, f"{context.settings.public_url}{PREFIX}")
    if form.errors or context.stripe is None:
        return None
    await request.app[CONTEXT].limits.spend(CHECKOUTS_PER_CLIENT, request.remote or "")
    try:
        checkout, _ = await open_checkout(context, context.stripe, order)
    except CodeRefusedError as error:
        form.errors["code"] = error.refusal.message
    except TransportError as error:
        _log.warning("checkout_failed", error=str(error), permanent=error.permanent)
        form.errors["checkout"] = "Nothing was charged. Try again in a minute."
    else:
        return checkout
    return None


def _lead_to(request: web.Request, url: str) -> web.Response:
    """Send the browser to the payment page."""
    public_url = request.app[CONTEXT].settings.public_url
    if any(url.startswith(f"{known}/") for known in (PAYMENT_PAGES, public_url)):
        return see_other(url)
    page = render(request, "pricing_continue.html", {"url": url})
    page.headers["Refresh"] = f"0; url={url}"
    return page


async def _on_sale(request: web.Request) -> tuple[OnSale, ...] | web.Response:
    """What can be bought, or the page that says why nothing can."""
    gateway = request.app[CONTEXT].stripe
    if gateway is None:
        return _closed(request, "off", HTTPStatus.NOT_FOUND)
    try:
        plans = await pricing_form.on_sale(gateway, request[VISIT].program)
    except TransportError as error:
        _log.warning("prices_unavailable", error=str(error))
        page = _closed(request, "down", HTTPStatus.SERVICE_UNAVAILABLE)
        page.headers["Retry-After"] = str(_SOON_S)
        return page
    return plans or _closed(request, "empty", HTTPStatus.OK)


async def _preview(request: web.Request, form: FormView, plans: tuple[OnSale, ...]) -> Preview:
    if form.values["code"]:
        await request.app[CONTEXT].limits.spend(CODES_PER_CLIENT, request.remote or "")
    async with request.app[CONTEXT].db.read() as session:
        return await pricing_form.preview(session, form, plans, request[VISIT].program)


def _page(
    request: web.Request,
    form: FormView,
    preview: Preview,
    *,
    unfinished: bool = False,
    status: int = HTTPStatus.OK,
) -> web.Response:
    view = {
        "form": form,
        "plans": preview.cards,
        "said": preview.said,
        "unfinished": unfinished,
    }
    return _strict(render(request, "pricing.html", view, status=status))


def _thanks(request: web.Request, checkout: Checkout, codes: list[tuple[str, int]]) -> web.Response:
    currency = checkout.currency
    plan = request[VISIT].program.plan(checkout.plan)
    view: dict[str, Any] = {
        "confirmed": checkout.status == COMPLETED,
        "plan": plan.name if plan else checkout.plan,
        "price": money(checkout.price_cents, currency),
        "discounts": [(code, money(-amount, currency)) for code, amount in codes],
        "total": money(checkout.price_cents - checkout.discount_cents, currency),
    }
    page = render(request, "pricing_thanks.html", view)
    if not view["confirmed"]:
        page.headers["Refresh"] = str(_CONFIRMED_IN_S)
    return page


def _closed(request: web.Request, why: str, status: HTTPStatus) -> web.Response:
    return render(
        request, "pricing_closed.html", {"why": why, "again": request.rel_url}, status=status
    )


def _strict(page: web.Response) -> web.Response:
    page.headers["Content-Security-Policy"] = POLICY
    return page
