"""`/report`: anybody may say that an affiliate breaks the rules.

It answers everybody with the same words. What names nobody whom we know, what comes too fast from
a program, and what is over the limit of an affiliate leave no other trace than what is kept.
"""

import hmac
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web

import clock
from dashboard import rendering
from dashboard.context import CONTEXT, DashboardContext
from dashboard.forms import FORM, FormView
from dashboard.limits import REPORTS_PER_NAME, REPORTS_PER_NETWORK
from dashboard.rendering import render, see_other
from dashboard.security import guard, own_forms_only
from dashboard.session import know_visitor
from domain import compliance_reports
from domain.clicks import network
from domain.compliance import KINDS
from domain.compliance_reports import NAMED_MAX, TEXT_MAX, URL_MAX, Said

PREFIX: Final = "/report"
TRAP: Final = "homepage_2"
SOONEST_S: Final = 3
"""Nobody reads and fills in the form faster than that."""
LATEST_S: Final = 24 * 3600

_FIELDS: Final = ("named", "kind", "text", "url", "email")
_log = structlog.get_logger(__name__)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add the page to the server's app."""
    pages = web.Application(middlewares=[guard, know_visitor, own_forms_only])
    pages[CONTEXT] = context
    home = context.settings.product_url or PREFIX
    rendering.set_up(pages, frame="customers.html", home=home)
    pages.router.add_get("", show)
    pages.router.add_post("", send)
    pages.router.add_get("/sent", show_sent)
    app.add_subapp(PREFIX, pages)


async def show(request: web.Request) -> web.Response:
    """The form; `?about=` is put into its first field."""
    form = FormView({"named": request.query.get("about", "")[:NAMED_MAX]})
    return _page(request, form)


async def send(request: web.Request) -> web.Response:
    """Take in a report, or show the form again with what is wrong."""
    context, posted = request.app[CONTEXT], request[FORM]
    form = FormView({name: posted.get(name, "").strip() for name in _FIELDS})
    age = _age(context.secret_key, posted.get("opened", ""))
    if posted.get(TRAP):
        _log.info("report_trapped", client=network(request.remote or ""))
        return see_other(f"{PREFIX}/sent")
    if age is None or not SOONEST_S <= age <= LATEST_S:
        form.errors["text"] = "Look over what you wrote, then send it once more."
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = Said(**form.values, address=request.remote or "")
    form.errors = compliance_reports.check(said)
    if form.errors:
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    limits = request.app[CONTEXT].limits
    await limits.spend(REPORTS_PER_NETWORK, network(request.remote or "") or "unknown")
    if await limits.wait(REPORTS_PER_NAME, said.named.casefold()):
        # To say so would tell how many others have reported the same one.
        _log.warning("report_over_limit")
        return see_other(f"{PREFIX}/sent")
    key = compliance_reports.reporter_key(context.secret_key)
    async with context.db.transaction() as session:
        await compliance_reports.report(session, said, key)
    return see_other(f"{PREFIX}/sent")


async def show_sent(request: web.Request) -> web.Response:
    """The same words for everybody."""
    return render(request, "report_sent.html", {})


def opened_at(secret_key: str, moment: int) -> str:
    """When a form was opened, so that whoever fills it in cannot say another time."""
    sealed = hmac.digest(secret_key.encode(), f"report-form:{moment}".encode(), "sha256").hex()
    return f"{moment}.{sealed}"


def _age(secret_key: str, opened: str) -> int | None:
    """For how many seconds a form was open; None if it was none of ours."""
    moment, _, _ = opened.partition(".")
    if not moment.isascii() or not moment.isdecimal() or len(moment) > 12:  # noqa: PLR2004 - seconds
        return None
    expected = opened_at(secret_key, int(moment))
    if not hmac.compare_digest(opened.encode(), expected.encode()):
        return None
    return int(clock.timestamp()) - int(moment)


def _page(request: web.Request, form: FormView, *, status: int = HTTPStatus.OK) -> web.Response:
    now = int(clock.timestamp())
    view: dict[str, Any] = {
        "form": form,
        "kinds": [(str(kind), words) for kind, words in KINDS.items()],
        "opened": opened_at(request.app[CONTEXT].secret_key, now - SOONEST_S * bool(form.errors)),
        "longest": {"named": NAMED_MAX, "text": TEXT_MAX, "url": URL_MAX},
    }
    return render(request, "report.html", view, status=status)
