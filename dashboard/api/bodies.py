"""What programs send: one JSON object."""

import json
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from dashboard.api.problems import ProblemError

BODY_MAX: Final = 64 * 1024
_JSON: Final = frozenset({"application/json", "application/merge-patch+json"})


async def read_object(request: web.Request, most: int = BODY_MAX) -> dict[str, Any]:
    """The JSON object that a request carries, of at most so many bytes.

    Raises `ProblemError` if it is none.
    """
    if request.content_type not in _JSON:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send JSON, with {hdrs.CONTENT_TYPE}: {min(_JSON)}."
        )
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Send at most {most} bytes.")
    try:
        given = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from error
    if not isinstance(given, dict):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body is not a JSON object.")
    return given


def _no_number(name: str) -> float:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(f"{name} is not JSON")
