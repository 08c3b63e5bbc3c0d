"""`/affiliate/dashboard/api-keys`: keys for an affiliate's own programs, made, rotated, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from aiohttp import web

import clock
from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.limits import KEYS_PER_AFFILIATE, REQUESTS_PER_AFFILIATE
from dashboard.rendering import render, see_other
from dashboard.standing import Member, approved_only
from domain import api_keys
from domain.api_keys import GRACES, LISTED_MAX, SCOPES, USUAL_GRACE, Scope
from domain.errors import ConflictError, InvalidError, NotFoundError
from storage import api_keys as rows
from storage.api_keys import ApiKey

HERE: Final = "/affiliate/dashboard/api-keys"
WORKS, ENDING, ENDED, REVOKED = "works", "ending", "ended", "revoked"
_DONE: Final = {"revoked": "Revoked. Whoever asks with this key is refused from now on."}


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as the list shows it: `ends_at` is when it stopped working, or will."""

    id: str
    name: str
    prefix: str
    may_read: list[str]
    made_at: datetime
    used_at: datetime | None
    state: str
    ends_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey, now: datetime) -> "Shown":
        """What is to be told of a key at a moment."""
        state = REVOKED if not key.is_active else WORKS if key.expires_at is None else ENDING
        return cls(
            id=str(key.id),
            name=key.name,
            prefix=key.api_key_prefix,
            may_read=[SCOPES[scope][0] for scope in Scope if scope in key.scopes],
            made_at=key.created_at,
            used_at=key.last_used_at,
            state=ENDED if state == ENDING and not key.works(now) else state,
            ends_at=key.revoked_at or key.expires_at,
        )


def add_routes(pages: web.Application) -> None:
    """Add the page and what it does."""
    path = HERE.removeprefix("/affiliate")
    pages.router.add_get(path, approved_only(show))
    pages.router.add_post(path, approved_only(make))
    for deed, confirm, do in (
        ("rotate", confirm_rotating, rotate),
        ("revoke", confirm_revoking, revoke),
    ):
        pages.router.add_get(f"{path}/{{id}}/{deed}", approved_only(confirm))
        pages.router.add_post(f"{path}/{{id}}/{deed}", approved_only(do))


async def show(request: web.Request, member: Member) -> web.Response:
    """The keys there are, and the way to another one."""
    if said := _DONE.get(request.query.get("done", "")):
        request[VISIT].notice = Notice("success", said)
    return await _page(request, member, FormView({"scopes": list(Scope)}))


async def make(request: web.Request, member: Member) -> web.Response:
    """Make a key, and show it this once."""
    sent = request[FORM]
    form = FormView({"name": sent.get("name", ""), "scopes": sent.getall("scopes", [])})
    context = request.app[CONTEXT]
    if await context.limits.wait(KEYS_PER_AFFILIATE, str(member.affiliate.id)):
        form.errors = {"name": "You have made many keys lately. Try again tomorrow."}
        return await _page(request, member, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        async with context.db.transaction() as session:
            made, text = await api_keys.make(
                session,
                member.affiliate.id,
                form.values["name"],
                form.values["scopes"],
                member.actor,
            )
    except InvalidError as error:
        form.errors = error.fields
        return await _page(request, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except ConflictError as error:
        form.errors = {"name": str(error)}
        return await _page(request, member, form, status=HTTPStatus.CONFLICT)
    return await _made(request, member, made, text)


async def confirm_rotating(request: web.Request, member: Member) -> web.Response:
    """Ask when the key that is there now stops working."""
    return await _confirm(request, member, "rotate", FormView({"grace": USUAL_GRACE}))


async def rotate(request: web.Request, member: Member) -> web.Response:
    """Make a key that takes the place of another, and show it this once."""
    context, grace = request.app[CONTEXT], request[FORM].get("grace", "")
    form = FormView({"grace": grace})
    if await context.limits.wait(KEYS_PER_AFFILIATE, str(member.affiliate.id)):
        form.errors = {"grace": "You have made many keys lately. Try again tomorrow."}
        return await _confirm(request, member, "rotate", form, HTTPStatus.TOO_MANY_REQUESTS)
    try:
        async with context.db.transaction() as session:
            made, text = await api_keys.rotate(
                session, member.affiliate.id, _id(request), grace, member.actor
            )
    except InvalidError as error:
        form.errors = error.fields
        return await _confirm(request, member, "rotate", form, HTTPStatus.UNPROCESSABLE_ENTITY)
    return await _made(request, member, made, text)


async def confirm_revoking(request: web.Request, member: Member) -> web.Response:
    """Ask once more: what asks with it is refused at once."""
    return await _confirm(request, member, "revoke", FormView())


async def revoke(request: web.Request, member: Member) -> web.Response:
    """Have a key open nothing any more."""
    async with request.app[CONTEXT].db.transaction() as session:
        await api_keys.revoke(session, member.affiliate.id, _id(request), member.actor)
    return see_other(f"{HERE}?done=revoked")


def _id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise NotFoundError("There is no such key any more.") from None


async def _made(request: web.Request, member: Member, made: ApiKey, text: str) -> web.Response:
    fresh = {"name": made.name, "text": text, "may_read": Shown.of(made, clock.now()).may_read}
    form = FormView({"scopes": list(Scope)})
    return await _page(request, member, form, fresh, status=HTTPStatus.CREATED)


async def _confirm(
    request: web.Request,
    member: Member,
    deed: str,
    form: FormView,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    now = clock.now()
    async with request.app[CONTEXT].db.read() as session:
        key = await rows.get(session, member.affiliate.id, _id(request))
    if key is None:
        raise NotFoundError("There is no such key any more.")
    if not key.works(now):
        raise ConflictError("This key does not work any more.")
    if deed == "rotate":
        api_keys.require_unrotated(key)
    view = {
        "deed": deed,
        "key": Shown.of(key, now),
        "form": form,
        "graces": [(hours, words) for hours, (words, _) in GRACES.items()],
        "here": HERE,
    }
    return render(request, "api_key_confirm.html", view, status=status)


async def _page(
    request: web.Request,
    member: Member,
    form: FormView,
    fresh: dict[str, Any] | None = None,
    *,
    status: int = HTTPStatus.OK,
) -> web.Response:
    context, now = request.app[CONTEXT], clock.now()
    async with context.db.read() as session:
        found: Sequence[ApiKey] = await rows.of_affiliate(session, member.affiliate.id, LISTED_MAX)
    view = {
        "here": HERE,
        "form": form,
        "fresh": fresh,
        "keys": [Shown.of(key, now) for key in found],
        "scopes": [(scope, f"{title}. {about}") for scope, (title, about) in SCOPES.items()],
        "address": f"{context.settings.public_url}/api/affiliate/v1",
        "most": REQUESTS_PER_AFFILIATE.amount,
    }
    return render(request, "api_keys.html", view, status=status)
