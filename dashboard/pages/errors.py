"""Whatever goes wrong, as a page that says what to do."""

from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web

import logs
from dashboard.limits import TooOftenError
from dashboard.rendering import render
from domain.errors import ConflictError, DomainError, NotAllowedError, NotFoundError
from storage.errors import SOON_S, is_away

STALE_FORM: Final = 419
"""Not in any standard, but widely used: the form's token is not (any more) the visitor's."""

_REFUSALS: Final = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, STALE_FORM, HTTPStatus.TOO_MANY_REQUESTS}
)
"""What somebody may be trying; it is logged."""

_log = structlog.get_logger(__name__)
_STATUSES: Final = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (ConflictError, HTTPStatus.CONFLICT),
    (DomainError, HTTPStatus.BAD_REQUEST),
)


class PageError(Exception):
    """Ends a request with an error page. `message` replaces the page's own first sentence.

    `retry_after` is in seconds.
    """

    def __init__(
        self, status: int, message: str | None = None, *, retry_after: int | None = None
    ) -> None:
        super().__init__(message or str(status))
        self.status = status
        self.message = message
        self.retry_after = retry_after


def error_page(request: web.Request, error: Exception) -> web.Response:
    """The page for an error; one that nobody foresaw is logged with its traceback."""
    if isinstance(error, TooOftenError):
        error = PageError(HTTPStatus.TOO_MANY_REQUESTS, retry_after=error.retry_after)
    elif is_away(error):
        _log.warning("page_without_database", route=_route(request), error=repr(error))
        error = PageError(HTTPStatus.SERVICE_UNAVAILABLE, retry_after=SOON_S)
    if isinstance(error, PageError):
        if error.status in _REFUSALS:
            _log.warning("page_refused", route=_route(request), status=int(error.status))
        return _page(request, error.status, error.message, error.retry_after)
    if isinstance(error, web.HTTPException):
        page = _page(request, error.status)
        if "Allow" in error.headers:
            page.headers["Allow"] = error.headers["Allow"]
        return page
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return _page(request, status, str(error))
    _log.error("page_failed", route=_route(request), method=request.method, exc_info=error)
    return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR)


def _route(request: web.Request) -> str:
    """The route and not the path, which may hold a sign-in token."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


def _page(
    request: web.Request, status: int, message: str | None = None, retry_after: int | None = None
) -> web.Response:
    view = {
        "status": int(status),
        "message": message,
        "retry_after": retry_after,
        "request_id": logs.request_id(),
    }
    page = render(request, "error.html", view, status=status)
    if retry_after is not None:
        page.headers["Retry-After"] = str(retry_after)
    return page
