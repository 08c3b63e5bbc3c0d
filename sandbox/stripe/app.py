"""The stand-in's HTTP face: every call of the registry at `/v1/…`, answered as Stripe answers."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BasicAuth, web
from stripe import api_version

from sandbox.pages import own_pages_only
from sandbox.stripe import idempotency
from sandbox.stripe.account import StripeAccount
from sandbox.stripe.exchange import Exchange
from sandbox.stripe.faults import HANG_UP, OK, TOO_MANY, Fault, Seen
from sandbox.stripe.forms import nest
from sandbox.stripe.objects import Json
from sandbox.stripe.page import add_page
from sandbox.stripe.refusals import RefusalError
from sandbox.stripe.resources.base import Call, check_call
from sandbox.stripe.state import NOBODY

_CLIENT_ERRORS = range(400, 500)


def stripe_app(account: StripeAccount) -> web.Application:
    """Serve one account. Its webhooks are delivered for as long as the application runs."""
    app = web.Application(middlewares=[own_pages_only])
    for resource in account.resources.values():
        for call in resource.calls():
            app.router.add_route(call.method, call.path, _Endpoint(account, call).handle)
    add_page(app, account)
    app.router.add_route("*", "/v1/{tail:.*}", _Endpoint(account, None).handle)

    async def deliveries(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(account.courier.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        account.store.save()

    app.cleanup_ctx.append(deliveries)
    return app


class _Endpoint:
    """Carries one call from the request to the answer; `call` None is an address unknown to all."""

    def __init__(self, account: StripeAccount, call: Call | None) -> None:
        self._account = account
        self._call = call

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request as Stripe would, or as a fault on order demands; log it either way."""
        path = f"/v1/{request.path.partition('/v1/')[2]}"
        exchange = Exchange(
            method=request.method,
            path=path,
            thing=request.match_info.get("id", ""),
            key=request.headers.get("Idempotency-Key") if request.method == "POST" else None,
            fault=self._account.faults.take(request.method, path),
        )
        try:
            exchange.params = nest(await _pairs(request))
            status, body = await self._answer(request, exchange)
        except RefusalError as refusal:
            status, body = refusal.status, {"error": refusal.error}
        self._account.requests.append(
            Seen(exchange.method, path, exchange.params, exchange.key, status)
        )
        if status == HANG_UP:
            return _hang_up(request)
        return web.json_response(body, status=status, headers=exchange.headers)

    async def _answer(self, request: web.Request, exchange: Exchange) -> tuple[int, Json]:
        fault = exchange.fault
        if fault and not fault.works:
            await asyncio.sleep(fault.delay)
            return _outage(fault, exchange.headers)
        self._check_access(request)
        answer = await self._once(exchange)
        if fault and fault.after_work:
            await asyncio.sleep(fault.delay)
        return _outage(fault, exchange.headers) if fault and fault.status != OK else answer

    async def _once(self, exchange: Exchange) -> tuple[int, Json]:
        """Do the work, unless the idempotency key shows that it is done."""
        account, call = self._account, self._call
        if call is None:
            raise _unknown_address(exchange.method, exchange.path)
        kept = idempotency.replay(account, exchange)
        if kept:
            return kept
        with idempotency.busy(account, exchange.key):
            if exchange.fault and not exchange.fault.after_work:
                await asyncio.sleep(exchange.fault.delay)
            params, expand = check_call(call, exchange.params)
            account.cause = {"id": exchange.id, "idempotency_key": exchange.key}
            try:
                status, body = OK, account.shown.render(call.run(exchange.thing, params), expand)
            except RefusalError as refusal:
                status, body = refusal.status, {"error": refusal.error}
            finally:
                account.cause = NOBODY
        idempotency.keep(account, exchange, status, body)
        if exchange.method != "GET":
            account.store.save()
        return status, body

    def _check_access(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        scheme, _, token = given.partition(" ")
        if scheme.lower() == "basic":
            with contextlib.suppress(ValueError):
                token = BasicAuth.decode(given).login
        if not token:
            raise RefusalError(
                "You did not provide an API key. You need to provide your API key in the "
                "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer "
                "YOUR_SECRET_KEY').",
                status=401,
            )
        if not secrets.compare_digest(
            token.encode(errors="surrogateescape"), self._account.api_key.encode()
        ):
            raise RefusalError(f"Invalid API Key provided: {_masked(token)}", status=401)
        version = request.headers.get("Stripe-Version", api_version)
        if version != api_version:
            raise RefusalError(f"Invalid Stripe API version: {version}")


async def _pairs(request: web.Request) -> list[tuple[str, str]]:
    if request.method != "POST":
        return parse_qsl(request.query_string, keep_blank_values=True)
    body = await request.text()
    if body and request.content_type != "application/x-www-form-urlencoded":
        raise RefusalError(
            "Invalid request (check that your POST content type is "
            "application/x-www-form-urlencoded)."
        )
    return parse_qsl(body, keep_blank_values=True)


def _outage(fault: Fault, headers: dict[str, str]) -> tuple[int, Json]:
    if fault.retry_after is not None:
        headers["Retry-After"] = f"{fault.retry_after:g}"
    kind = "invalid_request_error" if fault.status in _CLIENT_ERRORS else "api_error"
    error: dict[str, Any] = {"message": "The stand-in was told to fail.", "type": kind}
    if fault.status == TOO_MANY:
        error["code"] = "rate_limit"
    return fault.status, {"error": error | (fault.error or {})}


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Cut the connection, as a network does."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _unknown_address(method: str, path: str) -> RefusalError:
    return RefusalError(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/.",
        status=404,
    )


def _masked(token: str) -> str:
    """Show the ends of a long key, and nothing of a short one."""
    head, middle, tail = token[:8], token[8:-4], token[-4:]
    return f"{head}{'*' * len(middle)}{tail}" if middle else "****"
