"""Pages of long lists: rows by when they were made, the newest first, from where one left off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col

Query = TypeVar("Query", bound=Any)


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in such a list; ids tell rows apart that were made at the same moment."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows made from `since` to before `until`, `limit` of them at most, that follow `after`."""

    limit: int
    since: datetime | None = None
    until: datetime | None = None
    after: Place | None = None


def newest(query: Query, table: Any, stretch: Stretch) -> Query:
    """The query's rows of `table` in a stretch; an index on (…, created_at, id) leads there."""
    made, name = col(table.created_at), col(table.id)
    if stretch.since is not None:
        query = query.where(made >= stretch.since)
    if stretch.until is not None:
        query = query.where(made < stretch.until)
    if stretch.after is not None:
        query = query.where(tuple_(made, name) < (stretch.after.created_at, stretch.after.id))
    found: Query = query.order_by(made.desc(), name.desc()).limit(stretch.limit)
    return found
