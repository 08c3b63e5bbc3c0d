"""Lists by cursor: `?cursor=&limit=`, answered with the rows and where the next page begins.

A cursor is the id of the last row of the page before. Rows are sorted by id, newest first, so
that rows which come meanwhile neither shift a page nor show up twice.

    class ContestList(Told):
        data: list[ContestView]
        next_cursor: NextCursor

    async def index(call: Call[Actor], query: Paging) -> ContestList:
        ...
            found = await contests.page(session, before=query.before, limit=query.to_fetch)
        rows, cursor = query.cut(found)
        return ContestList(data=[_shown(row) for row in rows], next_cursor=cursor)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Protocol, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BeforeValidator, Field

from dashboard.api.taking import Taken, says
from domain.errors import InvalidError

LIMIT_MAX: Final = 100
_LIMIT: Final = 50


class _Row(Protocol):
    id: UUID


Row = TypeVar("Row", bound=_Row)


NextCursor = Annotated[
    UUID | None, Field(description="The `cursor` of the next page; null on the last one.")
]


class Paging(Taken):
    """Which page. A list with filters adds them in a subclass."""

    refused: ClassVar[str] = "This page cannot be shown."

    cursor: Annotated[
        UUID | None,
        Field(description="The `next_cursor` of the page before."),
        BeforeValidator(lambda given: given or None),
        says("Use the next_cursor of the page before, as it came."),
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=LIMIT_MAX), says(f"Use a number from 1 to {LIMIT_MAX}.")
    ] = _LIMIT

    @property
    def before(self) -> UUID | None:
        """The row that the page comes after; None for the first page."""
        return self.cursor

    @property
    def to_fetch(self) -> int:
        """One row more than is shown, which tells whether there is a next page."""
        return self.limit + 1

    def cut(self, rows: Sequence[Row]) -> tuple[Sequence[Row], UUID | None]:
        """The rows to show of those fetched, and the cursor of the next page."""
        page = rows[: self.limit]
        return page, page[-1].id if len(rows) > self.limit else None


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
