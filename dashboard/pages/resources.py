"""`/affiliate/dashboard/resources`: what an affiliate can share, with their own words in it."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

from aiohttp import hdrs, web
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard.context import CONTEXT, VISIT
from dashboard.rendering import render
from dashboard.standing import Member
from domain import assets
from domain.asset_content import SEARCH_MAX, TYPES, VIDEO
from domain.asset_files import is_picture
from domain.assets import Filled
from domain.errors import NotFoundError
from domain.program_values import fill_in
from domain.promo import own_words
from storage import assets as rows
from storage import links
from storage.assets import PUBLISHED

HERE: Final = "/affiliate/dashboard/resources"
_COPIED: Final = frozenset(
    {"swipe_file", "email_template", "social_post", "text_snippet", "banner"}
)
"""Types whose text is for others to read, so that it is copied."""


_MEGA: Final = 1000


async def show(request: web.Request, member: Member) -> web.Response:
    """Every resource, or those of a type or with some words in them."""
    kind = request.query.get("type", "")
    kind = kind if kind in TYPES else ""
    text = request.query.get("q", "").strip()[:SEARCH_MAX]
    async with request.app[CONTEXT].db.read() as session:
        words = await _words(session, request, member)
        found = await assets.published(session, words, asset_type=kind, text=text)
        counts = await rows.count(session, (PUBLISHED,))
    view = {
        "disclosure": fill_in(request[VISIT].program.disclosure, words),
        "groups": [
            {"type": name, "title": TYPES[name], "items": [_item(one) for one in each]}
            for name, each in groupby(found, key=lambda one: one.asset.asset_type)
        ],
        "filters": _filters(counts, text),
        "here": _address(kind, text),
        "type": kind,
        "text": text,
        "longest": SEARCH_MAX,
        "total": sum(counts.values()),
        "found": len(found),
    }
    return render(request, "resources.html", view)


async def download(request: web.Request, _member: Member) -> web.Response:
    """A file, always as an attachment: nothing in it is run or shown as a page."""
    try:
        asset_id = UUID(request.match_info["id"])
        async with request.app[CONTEXT].db.read() as session:
            kind, file = await assets.published_file(session, asset_id, request.match_info["name"])
    except (ValueError, NotFoundError) as error:
        raise web.HTTPNotFound from error
    headers = {
        # Of `safe_name`: nothing in it would need an escape.
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="{request.match_info["name"]}"',
        hdrs.CACHE_CONTROL: "private, max-age=300",
        hdrs.CONTENT_SECURITY_POLICY: "default-src 'none'; sandbox",
    }
    return web.Response(body=file.content, content_type=kind, headers=headers)


async def _words(session: AsyncSession, request: web.Request, member: Member) -> Mapping[str, str]:
    settings = request.app[CONTEXT].settings
    own = await links.of_affiliate(session, member.affiliate.id)
    ref = own.ref if own else member.affiliate.promo_code
    return own_words(
        request[VISIT].program,
        product=settings.product_name,
        code=member.affiliate.promo_code,
        link=f"{settings.public_url}/r/{quote(ref, safe='')}",
    )


def _item(one: Filled) -> dict[str, Any]:
    asset = one.asset
    file = None
    if asset.file_digest:
        # The digest makes the address another one when the file is.
        address = f"{HERE}/{asset.id}/{quote(asset.file_name)}?v={asset.file_digest[:8]}"
        file = {
            "name": asset.file_name,
            "href": address,
            "size": _size(asset.file_size),
            "picture": is_picture(asset.media_type),
        }
    return {
        "id": f"r-{asset.id}",
        "title": one.title,
        "body": one.body,
        "badge": one.badge,
        "copied": asset.asset_type in _COPIED,
        "url": asset.url,
        "host": urlsplit(asset.url).hostname or "",
        "video": asset.asset_type == VIDEO,
        "file": file,
    }


def _size(count: int) -> str:
    """Bytes as people say them, in thousands: a small file counts as one kilobyte."""
    thousands = max(1, round(count / 1000))
    return f"{thousands} kB" if thousands < _MEGA else f"{thousands / _MEGA:.1f} MB"


def _filters(counts: Mapping[str, int], text: str) -> Sequence[tuple[str, str]]:
    """Pairs of label and address, for types of which there is something."""
    there = [name for name in TYPES if counts.get(name)]
    return [("All", _address("", text)), *((TYPES[one], _address(one, text)) for one in there)]


def _address(kind: str, text: str) -> str:
    asked = {name: value for name, value in (("type", kind), ("q", text)) if value}
    return f"{HERE}?{urlencode(asked)}" if asked else HERE
