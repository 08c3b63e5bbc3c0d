"""`/partner/{slug}`: an affiliate's page for their audience, with its photo and stylesheet.

Made to be opened by thousands at once: one stylesheet, nothing from outside, no cookie, and an
ETag by which a browser that has it is told so. Every look is counted before the answer leaves.
"""

import asyncio
import hashlib
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from aiohttp import hdrs, web

from dashboard import rendering, static_files
from dashboard.clicks import KnownLink
from dashboard.context import CONTEXT, DashboardContext
from dashboard.public.landing_card import CARD_SIZE, draw, initials
from dashboard.rendering import render
from dashboard.security import guard
from domain import colors, landing_views
from domain.clicks import PARTNER
from domain.errors import InvalidError, NotFoundError
from domain.landing_views import SOURCE_TAG, Shown
from domain.links import safe_target, tracked_link
from storage import landing as rows
from storage.group_commit import NotTakenError

PREFIX: Final = "/partner"
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "public, no-cache"
"""Kept, but asked for each time: a page that was taken down is down at once."""

_FOR_ANYBODY: Final = {hdrs.CACHE_CONTROL: FOR_EVER, "Cross-Origin-Resource-Policy": "cross-origin"}
_log = structlog.get_logger(__name__)


def add_routes(app: web.Application, context: DashboardContext) -> None:
    """Add partner pages to the server's app."""
    pages = web.Application(middlewares=[guard])
    pages[CONTEXT] = context
    home = context.settings.product_url or "/pricing"
    rendering.set_up(pages, frame="customers.html", home=home)
    pages.router.add_get("/theme-{color:[0-9a-f]{6}}.css", style)
    pages.router.add_get("/{slug}", show)
    pages.router.add_get("/{slug}/photo-{digest:[0-9a-f]+}.webp", photo)
    pages.router.add_get("/{slug}/card-{digest:[0-9a-f]+}.png", card)
    app.add_subapp(PREFIX, pages)


async def show(request: web.Request) -> web.Response:
    """The page; from an address that it had before, the way to its present one."""
    context = request.app[CONTEXT]
    slug = request.match_info["slug"]
    try:
        async with context.db.read() as session:
            shown = await landing_views.public(session, slug, context.settings.product_name)
    except NotFoundError as error:
        return render(request, "partner_gone.html", {"message": str(error)}, status=404)
    if slug != shown.page.slug:
        query = f"?{request.query_string}" if request.query_string else ""
        headers = {"Location": f"{PREFIX}/{shown.page.slug}{query}", hdrs.CACHE_CONTROL: ASK_AGAIN}
        return web.Response(status=HTTPStatus.MOVED_PERMANENTLY, headers=headers)
    await _count(request, shown)
    page = render(request, "partner.html", view_of(shown, context))
    tag = f'"{hashlib.sha256((page.text or "").encode()).hexdigest()[:16]}"'
    if request.headers.get(hdrs.IF_NONE_MATCH, "").removeprefix("W/") == tag:
        page = web.Response(status=HTTPStatus.NOT_MODIFIED)
    else:
        page.enable_compression()
    page.headers.update({hdrs.CACHE_CONTROL: ASK_AGAIN, hdrs.ETAG: tag})
    return page


async def _count(request: web.Request, shown: Shown) -> None:
    clicks = request.app[CONTEXT].clicks
    if clicks is None or request.method != hdrs.METH_GET:
        return
    link = KnownLink(shown.affiliate.id, shown.ref)
    try:
        await clicks.look(shown.page.id, clicks.touch(request, link, PARTNER))
    except NotTakenError as error:
        _log.warning("a view was not kept", reason=type(error).__name__, slug=shown.page.slug)


def view_of(shown: Shown, context: DashboardContext, *, photo_url: str = "") -> dict[str, Any]:
    """The page as its template takes it; `photo_url` where the photo is not at the usual place."""
    page, settings = shown.page, context.settings
    address = f"{settings.public_url}{PREFIX}/{page.slug}"
    picture = photo_url or f"{PREFIX}/{page.slug}/photo-{page.photo}.webp"
    defaults = defaults_of(settings.product_name)
    return {
        "page": {
            "name": page.name,
            "headline": page.headline or defaults["headline"],
            "paragraphs": shown.paragraphs,
            "cta": page.custom_cta or defaults["cta"],
            "color": page.theme_color.removeprefix("#"),
            "photo": picture if page.photo else "",
            "initials": initials(page.name),
            "code": shown.code,
            "offer": shown.offer,
            "disclosure": shown.disclosure,
            "href": _button(shown, context),
        },
        "canonical": address,
        "image": _image(shown, context),
        "preview": False,
        "defaults": defaults,
    }


def defaults_of(product: str) -> dict[str, str]:
    """What a page says where its affiliate left it to us."""
    headline = f"I use {product}. Here is why you might, too."
    return {"headline": headline, "cta": f"Try {product}"}


def _image(shown: Shown, context: DashboardContext) -> dict[str, Any]:
    """What is shown where somebody shares the page: the photo, or a drawn card."""
    page = shown.page
    address = f"{context.settings.public_url}{PREFIX}/{page.slug}"
    alt = f"{page.name}, partner of {context.settings.product_name}"
    if page.photo:
        url = f"{address}/photo-{page.photo}.webp"
        return {"url": url, "type": "image/webp", "size": None, "alt": alt}
    url = f"{address}/card-{_card_digest(shown, context)}.png"
    return {"url": url, "type": "image/png", "size": CARD_SIZE, "alt": alt}


def _button(shown: Shown, context: DashboardContext) -> str:
    """Where the button leads: by the link that counts clicks, to where the code can be used."""
    settings = context.settings
    code = {"code": shown.code} if shown.offer else {}
    pricing = f"{settings.public_url}/pricing"
    if context.clicks is None or not settings.product_url:
        who = {"ref": shown.ref, "src": SOURCE_TAG}
        return f"{pricing}?{urlencode(code | who)}" if context.stripe else ""
    home = f"{settings.product_url}/"
    target = f"{home}?{urlencode(code)}" if code else home
    if context.stripe is not None and code:
        try:
            asked = f"{pricing}?{urlencode(code)}"
            target = safe_target(asked, settings.product_url, shown.program.product_hosts)
        except InvalidError:
            # The pricing page has a host of its own: then the product's home takes the code.
            _log.debug("the pricing page is on another host", pricing=pricing)
    return tracked_link(settings.public_url, settings.product_url, target, shown.ref, SOURCE_TAG)


async def style(request: web.Request) -> web.Response:
    """The stylesheet in somebody's color. Asked for by its present version it is kept for ever."""
    versioned = request.query.get("v") == static_files.VERSION
    headers = {hdrs.CACHE_CONTROL: FOR_EVER if versioned else ASK_AGAIN}
    text = stylesheet(f"#{request.match_info['color']}")
    response = web.Response(text=text, content_type="text/css", headers=headers)
    response.enable_compression()
    return response


@lru_cache(256)
def stylesheet(color: str) -> str:
    """What partner pages look like in a color."""
    made = colors.theme(color)
    light, dark = (
        f"--ground:{one.ground};--surface:{one.surface};--accent-text:{one.text}"
        for one in (made.light, made.dark)
    )
    accent = f"--accent:{made.accent};--on-accent:{made.on_accent}"
    return (
        f":root{{{accent};{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f"{static_files.FILES['partner.css'].decode()}"
    )


async def photo(request: web.Request) -> web.Response:
    """The photo, under an address that changes with it."""
    shown = await _shown(request)
    async with request.app[CONTEXT].db.read() as session:
        found = await rows.photo(session, shown.page.id)
    if found is None or found.digest != request.match_info["digest"]:
        raise web.HTTPNotFound
    return web.Response(body=found.content, content_type="image/webp", headers=_FOR_ANYBODY)


async def card(request: web.Request) -> web.Response:
    """The picture that is shared of a page without a photo."""
    shown, context = await _shown(request), request.app[CONTEXT]
    if request.match_info["digest"] != _card_digest(shown, context):
        raise web.HTTPNotFound
    page = shown.page
    drawn = await asyncio.to_thread(
        draw, page.name, context.settings.product_name, page.theme_color
    )
    return web.Response(body=drawn, content_type="image/png", headers=_FOR_ANYBODY)


async def _shown(request: web.Request) -> Shown:
    context = request.app[CONTEXT]
    async with context.db.read() as session:
        name = context.settings.product_name
        return await landing_views.public(session, request.match_info["slug"], name)


def _card_digest(shown: Shown, context: DashboardContext) -> str:
    about = f"{shown.page.name}\n{context.settings.product_name}\n{shown.page.theme_color}"
    return hashlib.sha256(about.encode()).hexdigest()[:16]
