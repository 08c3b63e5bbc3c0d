"""`/api/admin/program`: every setting of the program as one JSON object."""

import json
from http import HTTPStatus
from typing import Any, Final

from aiohttp import hdrs, web

from dashboard.api.problems import ProblemError
from dashboard.context import CONTEXT
from domain import program
from domain.audit import Actor
from domain.program import Program

API: Final = Actor("api", "", "api")
BODY_MAX: Final = 64 * 1024
_JSON: Final = frozenset({"application/json", "application/merge-patch+json"})


async def show(request: web.Request) -> web.Response:
    """The settings in force."""
    async with request.app[CONTEXT].db.read() as session:
        return _answer(await program.load(session))


async def change(request: web.Request) -> web.Response:
    """Change the settings that are named, all of them or none; the rest stay.

    422 names each setting whose value cannot be used.
    """
    changes = await _read_object(request)
    async with request.app[CONTEXT].db.transaction() as session:
        return _answer(await program.update(session, changes, API))


def _answer(settings: Program) -> web.Response:
    return web.json_response(settings.model_dump(mode="json"))


async def _read_object(request: web.Request) -> dict[str, Any]:
    if request.content_type not in _JSON:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send JSON, with {hdrs.CONTENT_TYPE}: {min(_JSON)}."
        )
    body = b""
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_MAX:
            raise ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Send at most {BODY_MAX} bytes."
            )
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
