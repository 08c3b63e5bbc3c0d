"""The look that all stand-in pages share, and the page that they start from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import jinja2
from aiohttp import web
from aiohttp.typedefs import Handler

import clock
from sandbox.calendar import Calendar

_HERE = Path(__file__).parent

CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)


class Place(NamedTuple):
    """One entry of the bar at the top."""

    name: str
    url: str


PLACES: Final = (
    Place("Start", "/sandbox/"),
    Place("Tally form", "/sandbox/tally/"),
    Place("Slack", "/sandbox/slack/"),
    Place("Mailbox", "/sandbox/mail/"),
    Place("Stripe", "/sandbox/stripe/"),
    Place("Clerk", "/sandbox/clerk/"),
    Place("Networks", "/sandbox/networks/"),
    Place("Receiver", "/sandbox/webhooks/"),
    Place("PassivePost", "/sandbox/passivepost/"),
    Place("Model", "/sandbox/model/"),
    Place("Dashboard", "/affiliate"),
)

_CALENDAR: Final = web.AppKey("calendar", Calendar)

# A stand-in's own templates are found by their path from here, as "slack/templates/home.html".
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader([_HERE / "templates", _HERE]),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    request: web.Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """Answer with a page under the shared bar and a strict Content-Security-Policy."""
    here = max(
        (place.url for place in PLACES if request.path.startswith(place.url)),
        key=len,
        default=None,
    )
    html = _templates.get_template(template).render(
        places=PLACES, here=here, today=clock.now(), **context
    )
    headers = {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)


@web.middleware
async def own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a form that a page of another site sends to this machine."""
    elsewhere = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    if request.method == "POST" and elsewhere:
        raise web.HTTPForbidden(text="This form was sent from another site.")
    return await handler(request)


def start_app(calendar: Calendar) -> web.Application:
    """The start page, the calendar and the shared stylesheet, to be mounted at `/sandbox/`."""
    app = web.Application(middlewares=[own_pages_only])
    app[_CALENDAR] = calendar
    app.router.add_get("/", _start)
    app.router.add_post("/calendar", _let_days_pass)
    app.router.add_static("/static/", _HERE / "static")
    return app


async def _start(request: web.Request) -> web.Response:
    return render(request, "start.html", {})


async def _let_days_pass(request: web.Request) -> web.Response:
    """Move the day on, and show the page again on which that was asked for."""
    form = await request.post()
    try:
        await request.app[_CALENDAR].let_pass(int(str(form.get("days", ""))))
    except ValueError as error:
        raise web.HTTPBadRequest(text="So many days cannot pass at once.") from error
    back = str(form.get("back", ""))
    known = {place.url for place in PLACES}
    raise web.HTTPSeeOther(back if back in known else PLACES[0].url)
