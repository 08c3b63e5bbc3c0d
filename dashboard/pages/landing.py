"""`/affiliate/dashboard/landing`: where an affiliate writes their partner page."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

import clock
from dashboard import photos
from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.public.landing import PREFIX, defaults_of, view_of
from dashboard.rendering import render, see_other
from dashboard.security import CSP
from dashboard.standing import Member
from dashboard.uploads import UPLOADS
from domain import colors, landing, landing_views
from domain.errors import InvalidError
from domain.landing import LONGEST, Photo, Wish
from storage import landing as rows
from storage.landing import LandingPage

HERE: Final = "/affiliate/dashboard/landing"
TEXTS: Final = ("name", "headline", "bio", "cta", "color", "slug")
_LATELY: Final = 30
_EDITOR: Final = f"{CSP}; frame-src 'self'"
_PREVIEW: Final = CSP.replace("frame-ancestors 'none'", "frame-ancestors 'self'").replace(
    "img-src 'self'", "img-src 'self' blob:"
)
_DONE: Final = {
    "saved": "Saved. Nobody sees it before you publish it.",
    "published": "Your page is published. Share its address.",
    "changed": "Saved. Everybody sees it like this now.",
    "hidden": "Your page is hidden. You can publish it again at any time.",
}


async def show(request: web.Request, member: Member) -> web.Response:
    """The page as it was last saved, in a form, and as visitors see it."""
    if sentence := _DONE.get(request.query.get("done", "")):
        request[VISIT].notice = Notice("success", sentence)
    async with request.app[CONTEXT].db.read() as session:
        page = await landing.of_affiliate(session, member.affiliate)
    return await _page(request, page, _form_of(page))


async def save(request: web.Request, member: Member) -> web.Response:
    """Keep what was typed; `do` is save, publish or hide."""
    posted = request[FORM]
    form = FormView({name: posted.get(name, "") for name in TEXTS})
    form.values["drop_photo"] = posted.get("drop_photo", "")
    async with request.app[CONTEXT].db.read() as session:
        page = await landing.of_affiliate(session, member.affiliate)
    do = posted.get("do", "")
    active = do == "publish" or (page.is_active and do != "hide")
    wish = Wish(
        **{name: form.values[name] for name in TEXTS},
        active=active,
        drop_photo=bool(form.values["drop_photo"]),
    )
    try:
        wish = replace(wish, photo=await _photo(request))
        async with request.app[CONTEXT].db.transaction() as session:
            await landing.save(
                session, member.affiliate.id, wish, request[VISIT].program, member.actor
            )
    except InvalidError as error:
        form.errors = error.fields
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _page(request, page, form, status=status)
    if active:
        return see_other(f"{HERE}?done={'changed' if page.is_active else 'published'}")
    return see_other(f"{HERE}?done={'hidden' if page.is_active else 'saved'}")


async def _photo(request: web.Request) -> Photo | None:
    """The photo that was sent along, encoded anew. Raises `InvalidError`."""
    upload = request.get(UPLOADS, {}).get("photo")
    if upload is None:
        return None
    if upload.too_large:
        raise InvalidError(photos.TOO_LARGE, {"photo": photos.TOO_LARGE})
    return await asyncio.to_thread(photos.encode, upload.content)


async def preview(request: web.Request, member: Member) -> web.Response:
    """The page as it was last saved, for the editor's frame; also while nobody else sees it."""
    context = request.app[CONTEXT]
    async with context.db.read() as session:
        page = await landing.of_affiliate(session, member.affiliate)
        shown = await landing_views.shown(
            session, page, member.affiliate, context.settings.product_name
        )
    photo_url = f"{HERE}/photo-{page.photo}.webp"
    view = view_of(shown, context, photo_url=photo_url) | {"preview": True}
    response = render(request, "partner.html", view)
    response.headers.update({"Content-Security-Policy": _PREVIEW, "X-Frame-Options": "SAMEORIGIN"})
    return response


async def photo(request: web.Request, member: Member) -> web.Response:
    """The photo of a page that may not be published."""
    async with request.app[CONTEXT].db.read() as session:
        page = await rows.of_affiliate(session, member.affiliate.id)
        found = await rows.photo(session, page.id) if page else None
    if found is None or found.digest != request.match_info["digest"]:
        raise web.HTTPNotFound
    headers = {hdrs.CACHE_CONTROL: "private, max-age=3600"}
    return web.Response(body=found.content, content_type="image/webp", headers=headers)


def _form_of(page: LandingPage) -> FormView:
    return FormView(
        {
            "name": page.name,
            "headline": page.headline,
            "bio": page.bio,
            "cta": page.custom_cta,
            "color": page.theme_color,
            "slug": page.slug,
            "drop_photo": "",
        }
    )


async def _page(
    request: web.Request,
    page: LandingPage,
    form: FormView,
    *,
    status: int = HTTPStatus.OK,
) -> web.Response:
    context = request.app[CONTEXT]
    since = (clock.now() - timedelta(days=_LATELY - 1)).date()
    async with context.db.read() as session:
        views, lately = [await rows.views(session, page.id, day) for day in (None, since)]
    color = colors.parse(form.values["color"]) or page.theme_color
    # The picker of a browser shows black for what is no color.
    form.values["color"] = color
    view: dict[str, Any] = {
        "form": form,
        "longest": LONGEST,
        "prefix": f"{context.settings.public_url}{PREFIX}/",
        "url": f"{context.settings.public_url}{PREFIX}/{page.slug}",
        "published": page.is_active and page.taken_down_at is None,
        "active": page.is_active,
        "taken_down": page.taken_down_reason if page.taken_down_at else "",
        "photo": f"{HERE}/photo-{page.photo}.webp" if page.photo else "",
        "views": views,
        "views_lately": lately,
        "words_in": colors.theme(color).light.text if colors.theme(color).was_changed else "",
        "defaults": defaults_of(context.settings.product_name),
    }
    response = render(request, "landing.html", view, status=status)
    response.headers["Content-Security-Policy"] = _EDITOR
    return response
