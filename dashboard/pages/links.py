"""`/affiliate/dashboard/links`: make a link to any page of the product, and keep it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from aiohttp import web
from sqlmodel.ext.asyncio.session import AsyncSession

from dashboard import qr
from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.pages.errors import PageError
from dashboard.rendering import render, see_other
from dashboard.security import CSP
from dashboard.standing import Member
from domain import saved_links, sources
from domain.errors import DomainError, InvalidError, NotFoundError
from domain.links import campaign, direct_link, page_of, safe_target, tidy_tag, tracked_link, within
from domain.sources import Source
from storage import links
from storage import saved_links as rows
from storage.saved_links import SavedLink

HERE: Final = "/affiliate/dashboard/links"
OTHER: Final = "other"
_LIVE: Final = f"{CSP}; connect-src 'self'"
_DONE: Final = {
    "saved": "Saved. Its clicks and sales are counted below from now on.",
    "renamed": "The link has its new name.",
    "restored": "The link is back.",
}
_TYPES: Final[Mapping[str, tuple[str, Callable[[str], bytes]]]] = {
    "svg": ("image/svg+xml", qr.svg),
    "png": ("image/png", qr.png),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was asked for, and in its two forms: through us, or straight to the page."""

    to: str
    tag: str
    utm: bool
    target: str
    tracked: str
    direct: str

    @property
    def query(self) -> str:
        """What asks for this link again."""
        asked = {"page": OTHER, "to": self.to, "src": self.tag, "utm": "1" if self.utm else ""}
        return urlencode({name: value for name, value in asked.items() if value}, safe="/")


async def show(request: web.Request, member: Member) -> web.Response:
    """The link maker with its result, and the links that are kept."""
    if sentence := _DONE.get(request.query.get("done", "")):
        request[VISIT].notice = Notice("success", sentence)
    return await _page(request, member, _form(request.query))


async def draw(request: web.Request, member: Member) -> web.Response:
    """The link that is asked for as a QR code: to look at, or with `download=1` to keep."""
    kind = request.match_info["kind"]
    try:
        link = _asked(request, await _ref(request, member), _form(request.query))
        content_type, draw_it = _TYPES[kind]
        body = draw_it(link.tracked)
    except (InvalidError, ValueError, KeyError) as error:
        raise PageError(HTTPStatus.NOT_FOUND) from error
    headers = {}
    if request.query.get("download"):
        name = "-".join(filter(None, ("qr", link.tag, tidy_tag(page_of(link.target)))))
        headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return web.Response(body=body, content_type=content_type, headers=headers)


async def save(request: web.Request, member: Member) -> web.Response:
    """Keep the link under a name, or say why not."""
    context, program = request.app[CONTEXT], request[VISIT].program
    sent = request[FORM]
    form = _form(sent)
    form.values["name"] = sent.get("name", "")
    try:
        async with context.db.transaction() as session:
            await saved_links.save(
                session,
                member.affiliate.id,
                name=form.values["name"],
                to=_to(form),
                tag=form.values["src"],
                utm=bool(form.values["utm"]),
                product_url=context.settings.product_url,
                hosts=program.product_hosts,
            )
    except InvalidError as error:
        form.errors = error.fields
        return await _page(request, member, form)
    except DomainError as error:
        form.errors = {"name": str(error)}
        return await _page(request, member, form, status=HTTPStatus.CONFLICT)
    return see_other(f"{HERE}?done=saved")


async def rename(request: web.Request, member: Member) -> web.Response:
    """Give a kept link another name."""
    name, which = request[FORM].get("name", ""), _id(request.match_info["id"])
    async with request.app[CONTEXT].db.transaction() as session:
        await saved_links.rename(session, member.affiliate.id, which, name)
    return see_other(f"{HERE}?done=renamed#saved")


async def delete(request: web.Request, member: Member) -> web.Response:
    """Put a kept link away; the page then offers to bring it back."""
    which = _id(request.match_info["id"])
    async with request.app[CONTEXT].db.transaction() as session:
        await saved_links.delete(session, member.affiliate.id, which)
    return see_other(f"{HERE}?deleted={which}#saved")


async def restore(request: web.Request, member: Member) -> web.Response:
    """Bring a deleted link back."""
    which = _id(request.match_info["id"])
    async with request.app[CONTEXT].db.transaction() as session:
        await saved_links.restore(session, member.affiliate.id, which)
    return see_other(f"{HERE}?done=restored#saved")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFoundError("This link is not among your saved ones any more.") from error


def _form(given: Mapping[str, str]) -> FormView:
    """What was asked for. A page of the list goes before what stands in the field for others."""
    values = {name: given.get(name, "") for name in ("page", "to", "src", "utm")}
    values["page"] = values["page"] or (OTHER if values["to"] else "/")
    return FormView(values)


def _to(form: FormView) -> str:
    page: str = form.values["page"]
    to: str = form.values["to"]
    return to if page == OTHER else page


async def _ref(request: web.Request, member: Member) -> str:
    async with request.app[CONTEXT].db.read() as session:
        own = await links.of_affiliate(session, member.affiliate.id)
    return own.ref if own else member.affiliate.promo_code


def _link(request: web.Request, ref: str, to: str, src: str, *, utm: bool) -> Link:
    """The link in all its forms. Raises `InvalidError` where it would lead elsewhere."""
    settings, program = request.app[CONTEXT].settings, request[VISIT].program
    target = safe_target(to, settings.product_url, program.product_hosts)
    tag = tidy_tag(src)
    said = campaign(settings.product_name, ref, tag) if utm else {}
    return Link(
        to=within(target, settings.product_url),
        tag=tag,
        utm=utm,
        target=target,
        tracked=tracked_link(settings.public_url, settings.product_url, target, ref, tag, utm=utm),
        direct=direct_link(target, ref, tag, said),
    )


def _asked(request: web.Request, ref: str, form: FormView) -> Link:
    return _link(request, ref, _to(form), form.values["src"], utm=bool(form.values["utm"]))


async def _page(
    request: web.Request, member: Member, form: FormView, *, status: int | None = None
) -> web.Response:
    context, program = request.app[CONTEXT], request[VISIT].program
    ref = await _ref(request, member)
    try:
        link = _asked(request, ref, form)
    except InvalidError as error:
        link, form.errors = None, error.fields | form.errors
    async with context.db.read() as session:
        kept = await rows.of_affiliate(session, member.affiliate.id)
        brought = await sources.of_links(session, member.affiliate.id, kept)
        tags = await sources.tags_used(session, member.affiliate.id)
        deleted = await _deleted(session, member, request.query.get("deleted", ""))
    pages = [(page.path, page.name) for page in program.common_pages]
    if form.values["page"] not in {OTHER, *(path for path, _ in pages)}:
        form.values |= {"page": OTHER, "to": _to(form)}
    view = {
        "form": form,
        "pages": [*pages, (OTHER, "Another page…")],
        "host": urlsplit(context.settings.product_url).netloc,
        "tags": sorted({*tags, *(saved.source_tag for saved in kept if saved.source_tag)}),
        "link": _shown(link, kept) if link else None,
        "saved": [
            _saved(request, ref, saved, brought[saved.id], program.currency) for saved in kept
        ],
        "deleted": deleted,
    }
    status = status or (HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK)
    response = render(request, "links.html", view, status=status)
    response.headers["Content-Security-Policy"] = _LIVE
    return response


def _shown(link: Link, kept: list[SavedLink]) -> dict[str, Any]:
    """A link as it was made, with its pictures and the name that it is kept under, if it is."""
    origin = (link.tag, page_of(link.target))
    twins = [saved.name for saved in kept if (saved.source_tag, saved.page) == origin]
    drawing = f"{HERE}/qr.{{}}?{link.query}" if len(link.tracked) <= qr.LINK_MAX else None
    parts = urlsplit(link.target)
    return {
        "tracked": link.tracked,
        "direct": link.direct,
        "target": link.target,
        "place": parts.netloc,
        "path": link.target.partition("://")[2].removeprefix(parts.netloc),
        "tag": link.tag,
        "to": link.to,
        "utm": link.utm,
        "saved_as": twins[0] if twins else None,
        "svg": drawing.format("svg") if drawing else None,
        "png": drawing.format("png") if drawing else None,
    }


def _saved(
    request: web.Request, ref: str, saved: SavedLink, brought: Source, currency: str
) -> dict[str, Any]:
    """A kept link with what it brought; without an address where that leads nowhere any more."""
    try:
        link = _link(request, ref, saved.to, saved.source_tag, utm=saved.utm)
    except InvalidError:
        link = None
    return {
        "id": str(saved.id),
        "name": saved.name,
        "to": saved.to,
        "tag": saved.source_tag,
        "tracked": link.tracked if link else None,
        "open": f"{HERE}?{link.query}" if link else None,
        "counts": brought.counts,
        "earnings": dict(brought.earnings) or {currency: 0},
    }


async def _deleted(session: AsyncSession, member: Member, which: str) -> dict[str, str] | None:
    """The link that was deleted a moment ago, if it still is."""
    if not which:
        return None
    link = await rows.get(session, member.affiliate.id, _id(which))
    if link is None or link.deleted_at is None:
        return None
    return {"id": str(link.id), "name": link.name}
