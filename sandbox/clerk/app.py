"""Clerk's Backend API as far as it is used, and a page to look at the users."""

import hmac
import json
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from sandbox.clerk.instance import (
    ClerkInstance,
    MetadataTooLargeError,
    addresses,
    error_body,
)
from sandbox.pages import own_pages_only, render

INSTANCE: Final = web.AppKey("clerk_instance", ClerkInstance)
MAX_BODY: Final = 1024 * 1024
_KINDS: Final = frozenset({"public_metadata", "private_metadata", "unsafe_metadata"})


def clerk_app(instance: ClerkInstance) -> web.Application:
    """The stand-in, to be mounted at `/sandbox/clerk/`; CLERK_API_URL is its `/v1`."""
    app = web.Application(middlewares=[own_pages_only], client_max_size=MAX_BODY)
    app[INSTANCE] = instance
    app.router.add_get("/v1/users", _api(_list_users))
    app.router.add_get("/v1/users/{id}", _api(_get_user))
    app.router.add_patch("/v1/users/{id}/metadata", _api(_merge_metadata))
    app.router.add_get("/", _page)
    app.router.add_post("/users", _add_user)
    app.router.add_post("/sign-in", _sign_in)
    return app


def _api(handler: Any) -> Any:
    """Put the request log, the ordered faults and the key before a handler of the API."""

    async def checked(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, f"Bearer {request.app[INSTANCE].secret_key}".encode()):
            return _refusal(
                HTTPStatus.UNAUTHORIZED,
                "clerk_key_invalid",
                "The provided Clerk Secret Key is invalid.",
                "Make sure that your Clerk Secret Key is correct.",
            )
        answer: web.StreamResponse = await handler(request)
        return answer

    async def watched(request: web.Request) -> web.StreamResponse:
        return await request.app[INSTANCE].traffic.watch(request, checked)

    return watched


def _refusal(
    status: HTTPStatus, code: str, message: str, long_message: str, parameter: str | None = None
) -> web.Response:
    return web.json_response(error_body(code, message, long_message, parameter), status=status)


def _not_found(user_id: str) -> web.Response:
    return _refusal(
        HTTPStatus.NOT_FOUND,
        "resource_not_found",
        "not found",
        f"No user was found with id {user_id}",
    )


async def _list_users(request: web.Request) -> web.Response:
    instance = request.app[INSTANCE]
    wanted = request.query.getall("email_address", [])
    found = instance.users
    if wanted:
        found = [user for email in wanted for user in instance.find(email)]
    limit, offset = (request.query.get(name, default) for name, default in _PAGING)
    if not (limit.isdecimal() and offset.isdecimal() and 1 <= int(limit) <= _MOST):
        return _refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "form_param_format_invalid",
            "is invalid",
            f"limit must be between 1 and {_MOST}, offset at least 0.",
        )
    return web.json_response(found[int(offset) : int(offset) + int(limit)])


_PAGING: Final = (("limit", "10"), ("offset", "0"))
_MOST: Final = 500


async def _get_user(request: web.Request) -> web.Response:
    user_id = request.match_info["id"]
    user = request.app[INSTANCE].user(user_id)
    return _not_found(user_id) if user is None else web.json_response(user)


async def _merge_metadata(request: web.Request) -> web.Response:
    instance, user_id = request.app[INSTANCE], request.match_info["id"]
    if instance.user(user_id) is None:
        return _not_found(user_id)
    try:
        patch = await request.json()
    except ValueError:
        patch = None
    if not isinstance(patch, dict):
        return _refusal(
            HTTPStatus.BAD_REQUEST,
            "request_body_invalid",
            "Request body invalid",
            "The request body is invalid. Please consult the API documentation.",
        )
    for name, value in patch.items():
        if name not in _KINDS:
            return _refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "form_param_unknown",
                "is unknown",
                f"{name} is not a valid parameter for this request.",
                name,
            )
        if value is not None and not isinstance(value, dict):
            return _refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "form_param_format_invalid",
                "is invalid",
                f"{name} must be a valid JSON object.",
                name,
            )
    try:
        return web.json_response(instance.merge_metadata(user_id, patch))
    except MetadataTooLargeError as error:
        return _refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "form_param_exceeds_allowed_size",
            str(error),
            str(error),
            error.kind,
        )


async def _page(request: web.Request) -> web.Response:
    people = [
        {
            "name": " ".join(filter(None, (user["first_name"], user["last_name"]))),
            "emails": addresses(user),
            "id": user["id"],
            "metadata": json.dumps(user["private_metadata"], indent=2, ensure_ascii=False),
        }
        for user in request.app[INSTANCE].users
    ]
    return render(request, "clerk.html", {"people": people})


async def _add_user(request: web.Request) -> web.Response:
    form = await request.post()
    email = str(form.get("email", "")).strip()
    instance = request.app[INSTANCE]
    if "@" in email and not instance.find(email):
        instance.add_user(
            email,
            first_name=str(form.get("first_name", "")).strip(),
            last_name=str(form.get("last_name", "")).strip(),
        )
    raise web.HTTPSeeOther("./")


async def _sign_in(request: web.Request) -> web.Response:
    """Do what Clerk's script does on the product's own site: leave the token in a cookie."""
    form = await request.post()
    try:
        token = request.app[INSTANCE].sign_in(str(form.get("email", "")))
    except LookupError as error:
        raise web.HTTPNotFound(text=str(error)) from error
    answer = web.HTTPSeeOther("/affiliate")
    answer.set_cookie("__session", token, path="/", samesite="Lax")
    raise answer
