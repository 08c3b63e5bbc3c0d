"""What a browser's form sends, read with a limit, and what goes back into its fields."""

import unicodedata
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict

from dashboard.pages.errors import PageError

MAX_BODY: Final = 64 * 1024
MAX_FIELDS: Final = 200
FORM: Final = web.RequestKey("dashboard_form", MultiDict)
_UNREADABLE: Final = frozenset({"Cc", "Cs"})
_URLENCODED: Final = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class FormView:
    """A form as its template shows it: both by field name."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


async def read_form(request: web.Request) -> MultiDict[str]:
    """The fields of a posted form. Raises `PageError`: 413 for a body over `MAX_BODY` bytes.

    Control characters (a NUL among them, which PostgreSQL refuses) are left out.
    """
    if request.content_type != _URLENCODED:
        raise PageError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    body = b""
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            raise PageError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        pairs = parse_qsl(
            body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError as error:
        raise PageError(HTTPStatus.BAD_REQUEST) from error
    return MultiDict((name, readable(value)) for name, value in pairs)


def readable(text: str) -> str:
    """What was typed, without control characters, and with one kind of line ends."""
    lines = text.replace("\r\n", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in _UNREADABLE)
