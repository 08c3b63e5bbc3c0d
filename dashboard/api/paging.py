"""Lists by cursor: `?cursor=&limit=`, answered with the rows and where the next page begins.

A cursor is the id of the last row of the page before. Rows are sorted by id, newest first, so
that rows which come meanwhile neither shift a page nor show up twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from aiohttp import web

from domain.errors import InvalidError

LIMIT_MAX: Final = 100
_LIMIT: Final = 50


class _Row(Protocol):
    id: UUID


Row = TypeVar("Row", bound=_Row)


@dataclass(frozen=True, slots=True)
class Page:
    """The page asked for. `before` is None for the first."""

    before: UUID | None
    limit: int

    @property
    def to_fetch(self) -> int:
        """One row more than is shown, which tells whether there is a next page."""
        return self.limit + 1

    def answer(
        self, rows: Sequence[Row], shown: Callable[[Row], dict[str, Any]], **beside: Any
    ) -> web.Response:
        """`{"data": […], "next_cursor": …}`, where null says that this was the last page.

        What else is named stands beside them.
        """
        page = rows[: self.limit]
        more = len(rows) > self.limit
        return web.json_response(
            {
                "data": [shown(row) for row in page],
                "next_cursor": str(page[-1].id) if more else None,
                **beside,
            }
        )


def page_of(request: web.Request) -> Page:
    """What a request's query asks for. Raises `InvalidError`."""
    cursor, limit = request.query.get("cursor", ""), request.query.get("limit", str(_LIMIT))
    wrong: dict[str, str] = {}
    before = None
    if cursor:
        try:
            before = UUID(cursor)
        except ValueError:
            wrong["cursor"] = "Use the next_cursor of the page before, as it came."
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= LIMIT_MAX):
        wrong["limit"] = f"Use a number from 1 to {LIMIT_MAX}."
    if wrong:
        raise InvalidError("This page cannot be shown.", wrong)
    return Page(before, int(limit))
