"""The doors for vendors: prove, store, acknowledge.

A bad signature is 401 (Stripe expects 400), a malformed body 400, over 1 MiB 413, a repeated
event 200, a full intake or a database that is away 503 with Retry-After: the vendor then sends it
again.
"""

import json
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final

import structlog
from aiohttp import hdrs, web

import clock
import logs
from domain.texts import keepable
from settings import Settings
from storage.group_commit import IntakeAwayError, NotTakenError
from storage.inbox import Arrival
from webhooks.clerk import users
from webhooks.clerk import verify as svix
from webhooks.errors import BadSignature, MalformedBody
from webhooks.inbox import Inbox
from webhooks.stripe.verify import verify
from webhooks.tally import submissions
from webhooks.tally.parse import parse
from webhooks.tally.verify import verify_signature, verify_url_secret

BODY_MAX = 1024**2
NAME_MAX = 255
"""Letters of an event's id or type: https://docs.stripe.com/upgrades says as much of its ids."""
_RETRY_AFTER_S = 2
_JSON: Final = {hdrs.CONTENT_TYPE: "application/json; charset=utf-8"}
_log = structlog.get_logger("webhooks")

Door = Callable[[web.Request, bytes], Arrival]


def add_routes(app: web.Application, inbox: Inbox, settings: Settings) -> None:
    """Open the doors of the vendors that are connected; the others answer 404 and say why."""

    def door(path: str, prove: Door, *, connected: bool, variable: str, refused: int) -> None:
        handle = _receiver(inbox, prove, refused) if connected else _closed(variable)
        app.router.add_post(path, handle)

    door(
        "/webhooks/stripe",
        lambda request, body: _from_stripe(settings, request, body),
        connected=settings.stripe_webhook_secret is not None,
        variable="STRIPE_WEBHOOK_SECRET",
        refused=400,
    )
    door(
        "/webhooks/tally",
        lambda request, body: _from_tally(settings, request, body),
        connected=settings.tally_signing_secret is not None,
        variable="TALLY_SIGNING_SECRET",
        refused=401,
    )
    door(
        "/internal/affiliate/tally-webhook",
        lambda request, body: _from_tally_by_url(settings, request, body),
        connected=settings.tally_url_secret is not None,
        variable="TALLY_URL_SECRET",
        refused=401,
    )
    door(
        "/webhooks/clerk",
        lambda request, body: _from_clerk(settings, request, body),
        connected=settings.clerk_webhook_secret is not None,
        variable="CLERK_WEBHOOK_SECRET",
        refused=401,
    )


def _receiver(
    inbox: Inbox, prove: Door, refused: int
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def receive(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            is_new = await inbox.receive(named(prove(request, body)))
        except BadSignature as error:
            _log.warning("webhook refused", path=request.path, reason=str(error))
            return _answer(refused, str(error))
        except MalformedBody as error:
            _log.warning("webhook not understood", path=request.path, reason=str(error))
            return _answer(400, str(error))
        except NotTakenError as error:
            away = isinstance(error, IntakeAwayError)
            reason = "The database takes nothing now" if away else "Too many events wait"
            response = _answer(503, f"{reason}; send this one again in a moment.")
            response.headers["Retry-After"] = str(_RETRY_AFTER_S)
            return response
        return _answer(200, "received" if is_new else "received before")

    return receive


def named(arrival: Arrival) -> Arrival:
    """An event whose names can be kept, as all that vendors give. Raises `MalformedBody`."""
    for name in (arrival.external_id, arrival.kind):
        if not 0 < len(name) <= NAME_MAX or keepable(name) != name:
            raise MalformedBody("The event's id or type is none.")
    return arrival


def _closed(variable: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def refuse(_request: web.Request) -> web.Response:
        return _answer(404, f"This webhook is off: {variable} is not set.")

    return refuse


def _answer(status: int, text: str) -> web.Response:
    # Its bytes are ready: a web.json_response would encode the same word for each event.
    body = _encoded(text)
    return web.Response(body=body, status=status, headers=_JSON)


@lru_cache(16)
def _encoded(text: str) -> bytes:
    return json.dumps({"status": text}).encode()


def _from_stripe(settings: Settings, request: web.Request, body: bytes) -> Arrival:
    secret = settings.stripe_webhook_secret
    envelope = verify(
        body,
        request.headers.get("Stripe-Signature", ""),
        secret.get_secret_value() if secret else "",
        now=clock.timestamp(),
    )
    return Arrival(
        source="stripe",
        external_id=envelope.id,
        kind=envelope.type,
        payload=body,
        request_id=logs.request_id(),
    )


def _from_tally(settings: Settings, request: web.Request, body: bytes) -> Arrival:
    secret = settings.tally_signing_secret
    verify_signature(
        body, request.headers.get("Tally-Signature"), secret.get_secret_value() if secret else ""
    )
    return _tally_arrival(body)


def _from_tally_by_url(settings: Settings, request: web.Request, body: bytes) -> Arrival:
    secret = settings.tally_url_secret
    verify_url_secret(request.query.get("secret"), secret.get_secret_value() if secret else "")
    return _tally_arrival(body)


def _tally_arrival(body: bytes) -> Arrival:
    return Arrival(
        source=submissions.router.source,
        external_id=parse(body).event_id,
        kind=submissions.FORM_RESPONSE,
        payload=body,
        request_id=logs.request_id(),
    )


def _from_clerk(settings: Settings, request: web.Request, body: bytes) -> Arrival:
    secret = settings.clerk_webhook_secret
    key = secret.get_secret_value() if secret else ""
    message = svix.verify(body, request.headers, key, now=clock.timestamp())
    return Arrival(
        source=users.router.source,
        external_id=message,
        kind=users.kind_of(body),
        payload=body,
        request_id=logs.request_id(),
    )
