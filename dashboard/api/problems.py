"""Errors of the API: problem+json, https://www.rfc-editor.org/rfc/rfc9457."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

import logs
from domain.errors import ConflictError, DomainError, InvalidError, NotAllowedError, NotFoundError
from storage.errors import SOON_S, is_away

MEDIA_TYPE: Final = "application/problem+json"

_REFUSALS: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
)
"""What somebody may be trying; it is logged."""

HEADERS: Final = web.RequestKey("answer_headers", dict[str, str])
"""What whoever let a request in has to say in its answer, whatever that is: how much is left."""
_log = structlog.get_logger(__name__)
_STATUSES: Final = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (ConflictError, HTTPStatus.CONFLICT),
    (InvalidError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (DomainError, HTTPStatus.BAD_REQUEST),
)


class ProblemError(Exception):
    """Ends a request of the API with this status; `detail` says what to do.

    `retry_after` is in seconds. `reason` is a word for programs, where the status says too little.
    `challenge` says how to be let in, with a 401.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        retry_after: int = 0,
        reason: str = "",
        challenge: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after = retry_after
        self.reason = reason
        self.challenge = challenge


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong inside, answer in the one form that programs can read."""
    try:
        response = await handler(request)
    except Exception as error:  # noqa: BLE001 - the caller gets problem+json, whatever it was
        response = _answer(request, error)
    if not response.prepared:
        response.headers.update(request.get(HEADERS, {}))
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def problem(
    status: HTTPStatus, detail: str, fields: Mapping[str, str] | None = None, *, reason: str = ""
) -> web.Response:
    """An answer that is a problem. `fields` maps names to what is wrong with their values.

    `type` is `about:blank` and `title` the status's own phrase, as section 4.2.1 has it where
    the status says enough.
    """
    body: dict[str, object] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
    }
    if reason:
        body["reason"] = reason
    if fields:
        body["fields"] = dict(fields)
    return web.Response(status=status, text=json.dumps(body), content_type=MEDIA_TYPE)


def _answer(request: web.Request, error: Exception) -> web.Response:
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "unknown"
    if is_away(error):
        _log.warning("api_without_database", route=route, error=repr(error))
        detail = "The database does not answer. Send this again in a moment."
        error = ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=SOON_S)
    if isinstance(error, ProblemError):
        if error.status in _REFUSALS:
            _log.warning("api_refused", route=route, status=int(error.status))
        answer = problem(error.status, error.detail, reason=error.reason)
        if error.retry_after:
            answer.headers[hdrs.RETRY_AFTER] = str(error.retry_after)
        if error.challenge:
            answer.headers[hdrs.WWW_AUTHENTICATE] = error.challenge
        return answer
    if isinstance(error, web.HTTPException):
        return _of_http(error)
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            fields = error.fields if isinstance(error, InvalidError) else None
            return problem(status, str(error), fields)
    _log.error("api_failed", route=route, method=request.method, exc_info=error)
    detail = f"Something failed here. It is in the log as request {logs.request_id()}."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def _of_http(error: web.HTTPException) -> web.Response:
    status = HTTPStatus(error.status)
    answer = problem(status, f"{status.description or status.phrase}.")
    if hdrs.ALLOW in error.headers:
        answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
    return answer
