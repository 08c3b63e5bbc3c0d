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

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Protocol, TypeVar
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from dashboard.api.taking import Taken, says

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
        WithJsonSchema({"anyOf": [{"type": "string", "format": "uuid"}, {"const": ""}]}),
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
