"""From a template and its view to an answer.

What every page shares is put in here and not by aiohttp-jinja2's context processors: those run
before the handler, and a page must also know what the handler learned, and an error page must
render when nobody got that far.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup

from dashboard import static_files
from dashboard.context import CONTEXT, VISIT
from dashboard.csrf import csrf_token
from dashboard.format import FILTERS
from dashboard.navigation import menu

_TEMPLATES: Final = Path(__file__).parent / "templates"


def set_up(app: web.Application, *, frame: str = "base.html", home: str = "/affiliate") -> None:
    """Give the app its templates: everything escaped, and a missing variable is an error.

    An error page has the `frame` of the app's own pages, and leads `home`.
    """
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        filters=dict(FILTERS),
        default_helpers=False,
    )
    environment.globals.update(frame=frame, home=home)


def render(
    request: web.Request, template: str, view: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """Answer with a page. `view` holds what this page needs beside what every page has."""
    shared = _shared(request)
    return aiohttp_jinja2.render_template(template, request, {**shared, **view}, status=status)


def fragment(request: web.Request, template: str, view: Mapping[str, Any]) -> Markup:
    """A part of a page by itself, from a partial."""
    found = aiohttp_jinja2.get_env(request.app).get_template(template)
    return Markup(found.render({**_shared(request), **view}))  # noqa: S704 - the template escapes


def _shared(request: web.Request) -> dict[str, Any]:
    context, visit = request.app[CONTEXT], request[VISIT]
    return {
        "product_name": context.settings.product_name,
        "product_url": context.settings.product_url,
        "support_email": visit.program.support_email,
        "static_version": static_files.VERSION,
        "csrf": csrf_token(context.secret_key, visit.anchor),
        "signed_in_as": visit.session.email if visit.session else None,
        "nav": menu(request.path, recruiting=visit.program.two_tier_enabled)
        if visit.session
        else [],
        "notice": visit.notice,
        "banner": visit.banner,
    }


def see_other(path: str) -> web.Response:
    """Send the browser on with a GET, so that a reload does not post again."""
    return web.Response(status=303, headers={"Location": path})
