"""`/affiliate/dashboard/webhooks`: where affiliates' own systems hear of what happens to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from aiohttp import web

import clock
from dashboard.context import CONTEXT, VISIT, Notice
from dashboard.forms import FORM, FormView
from dashboard.limits import WEBHOOK_DEEDS_PER_AFFILIATE, WEBHOOK_REPLAYS_PER_AFFILIATE
from dashboard.rendering import render, see_other
from dashboard.standing import Member, approved_only
from domain import webhook_deliveries as deliveries
from domain import webhook_endpoints as endpoints
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.webhook_deliveries import Line
from domain.webhook_endpoints import Wanted
from domain.webhook_events import KINDS
from storage.webhook_endpoints import WebhookEndpoint

HERE: Final = "/affiliate/dashboard/webhooks"
SHOWN: Final = 50
REPLAYED_DAYS: Final = 7
_DONE: Final = {
    "made": "Made. Keep the secret in your system, then send a test.",
    "test": "A test is on its way. Load this page again to see what became of it.",
    "on": "Switched on. It hears of what happens from now on.",
    "off": "Switched off. Nothing is sent there.",
    "rotate": "There is a new secret. For a day the one before signs, too.",
    "replay": "What has failed in the last days is on its way again.",
    "again": "On its way again.",
    "remove": "Removed. Nothing is sent there any more.",
}
_STATES: Final = {
    "delivered": ("good", "Delivered"),
    "failed": ("bad", "Failed"),
    "retrying": ("wait", "Trying again"),
    "waiting": ("wait", "On its way"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery as the log shows it, with what its last attempt met."""

    id: str
    event: str
    happened_at: datetime
    tone: str
    state: str
    attempts: int
    said: str
    answer: str
    again: bool

    @classmethod
    def of(cls, line: Line) -> "Sent":
        """What is to be told of a delivery."""
        one, last = line.delivery, line.attempts[-1] if line.attempts else None
        said = one.last_error or ""
        if last is not None:
            said = f"{last.problem or f'It answered {last.status}.'} ({last.milliseconds} ms)"
        tone, state = _STATES[one.state]
        return cls(
            id=str(one.id),
            event=one.kind,
            happened_at=one.happened_at,
            tone=tone,
            state=state,
            attempts=len(line.attempts),
            said=said,
            answer=last.answer if last else "",
            again=one.state in {"delivered", "failed"},
        )


def add_routes(pages: web.Application) -> None:
    """Add the pages and what they do."""
    path = HERE.removeprefix("/affiliate")
    pages.router.add_get(path, approved_only(show))
    pages.router.add_post(path, approved_only(make))
    pages.router.add_get(f"{path}/{{id}}", approved_only(show_one))
    pages.router.add_post(f"{path}/{{id}}", approved_only(act))
    pages.router.add_get(f"{path}/{{id}}/remove", approved_only(confirm))
    pages.router.add_post(f"{path}/{{id}}/deliveries/{{delivery}}", approved_only(send_again))


async def show(request: web.Request, member: Member) -> web.Response:
    """The endpoints there are, and the way to another one."""
    return await _page(request, member, FormView({"events": []}))


async def make(request: web.Request, member: Member) -> web.Response:
    """Make an endpoint, and lead to it."""
    sent, context = request[FORM], request.app[CONTEXT]
    form = FormView(
        {
            "url": sent.get("url", ""),
            "description": sent.get("description", ""),
            "events": sent.getall("events", []),
        }
    )
    wanted = Wanted(form.values["url"], form.values["events"], form.values["description"])
    try:
        async with context.db.transaction() as session:
            made = await endpoints.add(
                session, member.affiliate.id, wanted, member.actor, plain=not context.secure
            )
    except InvalidError as error:
        form.errors = error.fields
        return await _page(request, member, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except ConflictError as error:
        form.errors = {"url": str(error)}
        return await _page(request, member, form, status=HTTPStatus.CONFLICT)
    return see_other(f"{HERE}/{made.id}?done=made")


async def show_one(request: web.Request, member: Member) -> web.Response:
    """One endpoint: its secret, what can be done with it, and what was sent there."""
    _say(request)
    return await _one(request, member)


async def act(request: web.Request, member: Member) -> web.Response:
    """What a button of an endpoint's page does."""
    context, deed, one = request.app[CONTEXT], request[FORM].get("deed", ""), _id(request, "id")
    limit = WEBHOOK_REPLAYS_PER_AFFILIATE if deed == "replay" else WEBHOOK_DEEDS_PER_AFFILIATE
    if await context.limits.wait(limit, str(member.affiliate.id)):
        request[VISIT].notice = Notice("warning", "That was a lot at once. Try again in an hour.")
        return await _one(request, member, status=HTTPStatus.TOO_MANY_REQUESTS)
    owner, actor = member.affiliate.id, member.actor
    try:
        async with context.db.transaction() as session:
            if deed == "test":
                await deliveries.test(session, owner, one, actor)
            elif deed in {"on", "off"}:
                await endpoints.switch(session, owner, one, actor, on=deed == "on")
            elif deed == "rotate":
                await endpoints.rotate(session, owner, one, actor)
            elif deed == "replay":
                since = clock.now() - timedelta(days=REPLAYED_DAYS)
                await deliveries.replay_failed(session, owner, one, since, actor)
            elif deed == "remove":
                await endpoints.remove(session, owner, one, actor)
            else:
                raise NotFoundError("There is nothing of this kind to do.")
    except ConflictError as error:
        request[VISIT].notice = Notice("warning", str(error))
        return await _one(request, member, status=HTTPStatus.CONFLICT)
    where = HERE if deed == "remove" else f"{HERE}/{one}"
    return see_other(f"{where}?done={deed}")


async def confirm(request: web.Request, member: Member) -> web.Response:
    """Ask once more before an endpoint is removed."""
    endpoint = await _endpoint(request, member)
    return render(request, "webhook_remove.html", {"here": HERE, "endpoint": _shown(endpoint)})


async def send_again(request: web.Request, member: Member) -> web.Response:
    """Send one delivery again."""
    context = request.app[CONTEXT]
    if await context.limits.wait(WEBHOOK_DEEDS_PER_AFFILIATE, str(member.affiliate.id)):
        request[VISIT].notice = Notice("warning", "That was a lot at once. Try again in an hour.")
        return await _one(request, member, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        async with context.db.transaction() as session:
            delivery = _id(request, "delivery")
            await deliveries.replay(session, member.affiliate.id, delivery, member.actor)
    except ConflictError as error:
        request[VISIT].notice = Notice("warning", str(error))
        return await _one(request, member, status=HTTPStatus.CONFLICT)
    return see_other(f"{HERE}/{_id(request, 'id')}?done=again")


def _id(request: web.Request, name: str) -> UUID:
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise NotFoundError("There is no such endpoint.") from None


def _say(request: web.Request) -> None:
    if said := _DONE.get(request.query.get("done", "")):
        request[VISIT].notice = Notice("success", said)


async def _endpoint(request: web.Request, member: Member) -> WebhookEndpoint:
    async with request.app[CONTEXT].db.read() as session:
        return await endpoints.own(session, member.affiliate.id, _id(request, "id"))


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id),
        "url": endpoint.url,
        "description": endpoint.description,
        "events": [KINDS[kind].words for kind in endpoint.events if kind in KINDS],
        "on": endpoint.status == "on",
        "off_because": endpoint.off_because,
        "failing_since": endpoint.failing_since,
        "former_until": endpoint.former_until,
        "made_at": endpoint.created_at,
    }


async def _one(
    request: web.Request, member: Member, *, status: int = HTTPStatus.OK
) -> web.Response:
    context, now = request.app[CONTEXT], clock.now()
    async with context.db.read() as session:
        endpoint = await endpoints.own(session, member.affiliate.id, _id(request, "id"))
        lines = await deliveries.log(session, endpoint, limit=SHOWN)
    shown = _shown(endpoint)
    if endpoint.former_until is not None and endpoint.former_until <= now:
        shown["former_until"] = None
    view = {
        "here": HERE,
        "endpoint": shown,
        "secret": endpoints.secret_of(context.secret_key, endpoint),
        "sent": [Sent.of(line) for line in lines],
        "most": SHOWN,
        "days": REPLAYED_DAYS,
    }
    return render(request, "webhook.html", view, status=status)


async def _page(
    request: web.Request, member: Member, form: FormView, *, status: int = HTTPStatus.OK
) -> web.Response:
    _say(request)
    async with request.app[CONTEXT].db.read() as session:
        found: Sequence[WebhookEndpoint] = await endpoints.all_of(session, member.affiliate.id)
    kinds = endpoints.kinds_for(member.affiliate.id)
    view = {
        "here": HERE,
        "form": form,
        "endpoints": [_shown(one) for one in found],
        "kinds": [(kind, f"{KINDS[kind].words[:-1]} ({kind})") for kind in kinds],
        "most": endpoints.OWN_MAX,
    }
    return render(request, "webhooks.html", view, status=status)
