"""Which part of a list is asked for: from when to when, and where the page before ended."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar, Final, TypeVar
from uuid import UUID

from aiohttp import hdrs
from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator

from dashboard.api.contract import Call
from dashboard.api.taking import Taken, says
from domain.earning_periods import Days
from storage.pages import Place, Stretch

LIMIT_MAX: Final = 100
_LIMIT: Final = 50
_DAY: Final = timedelta(days=1)
_START: Final = datetime.min.replace(tzinfo=UTC)
_END: Final = datetime.max.replace(tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_NUMBER: Final = 8
_CURSOR: Final = r"^([A-Za-z0-9_-]{32})?$"
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt](\d\d:\d\d:)(\d\d)(\.\d+)?(?:([Zz])|([+-]\d\d:\d\d)))?", re.ASCII
)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LEAP: Final = "60"
_FROM: Final = "Only what was made at this moment or later."
_TO: Final = "Only what was made before this moment."

ABOVE: Final[Mapping[str, str]] = {
    hdrs.LINK: "Where the next page is, and the first one (RFC 8288)."
}


def moment_in(given: Any) -> Any:
    """A moment in UTC; of a date its midnight. Raises `ValueError`."""
    found = _MOMENT.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError("no moment")
    day, minute, second, fraction, _, offset = found.groups()
    if minute is None:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    # A leap second, which no calendar here has, is the one that comes after.
    leap = second == _LEAP
    text = f"{day}T{minute}{'59' if leap else second}{fraction or ''}{offset or '+00:00'}"
    moment = datetime.fromisoformat(text)
    try:
        return (moment + timedelta(seconds=1) if leap else moment).astimezone(UTC)
    except OverflowError:
        raise ValueError("no calendar has this moment in UTC") from None


def day_in(given: str) -> date:
    """A day like 2026-11-05. Raises `ValueError`."""
    if not _DATE.fullmatch(given):
        raise ValueError("no day")
    return date.fromisoformat(given)


def place_in(given: Any) -> Any:
    """The place that a cursor names; none by an empty one. Raises `ValueError`."""
    if not isinstance(given, str) or not re.fullmatch(_CURSOR, given):
        raise ValueError("no cursor")
    if not given:
        return None
    number, name = (raw := base64.urlsafe_b64decode(given))[:_NUMBER], raw[_NUMBER:]
    ticks = min(int.from_bytes(number, "big"), (_END - _START) // _TICK)
    return Place(_START + ticks * _TICK, UUID(bytes=name))


def cursor_of(place: Place) -> str:
    """A place as a cursor: its moment and its id, which say nothing to anybody else."""
    ticks = (place.created_at.astimezone(UTC) - _START) // _TICK
    return base64.urlsafe_b64encode(ticks.to_bytes(_NUMBER, "big") + place.id.bytes).decode()


Since = Annotated[
    datetime | None,
    PlainValidator(moment_in),
    says("Send a time like 2026-11-05T12:00:00Z, or a day like 2026-11-05."),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {"type": "string", "format": "date"},
            ]
        }
    ),
]
"""A bound in time, as https://www.rfc-editor.org/rfc/rfc3339 has it: a time, or a day in UTC."""


class Asked(Taken):
    """From when, and to before when."""

    refused: ClassVar[str] = "This cannot be shown."

    since: Annotated[Since, Field(alias="from", description=_FROM)] = None
    until: Annotated[Since, Field(alias="to", description=_TO)] = None

    @field_validator("until")
    @classmethod
    def _ends_after_it_begins(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        since = info.data.get("since")
        if since and until and until < since:
            raise ValueError("It ends before it begins.")
        return until

    def days(self, first: date, last: date) -> Days:
        """The whole UTC days that are asked for; else from the `first` to the `last`."""
        until = _rounded_up(self.until) if self.until else last + _DAY
        return Days(min(self.since.date() if self.since else first, until), until)


def _rounded_up(moment: datetime) -> date:
    """The first midnight that is not before a moment; the calendar has none after its last day."""
    day = moment.date()
    return day if moment.time() == time() or day == date.max else day + _DAY


class Limited(Asked):
    """With how much at once."""

    limit: Annotated[
        int,
        Field(ge=1, le=LIMIT_MAX, description="How many at once, at most."),
        says(f"Use a number from 1 to {LIMIT_MAX}."),
    ] = _LIMIT


Row = TypeVar("Row")
Cursor = Annotated[
    Place | None,
    PlainValidator(place_in),
    says("Use the next_cursor of the page before, as it came."),
    WithJsonSchema({"type": "string", "pattern": _CURSOR}),
]
NextCursor = Annotated[
    str | None, Field(description="The `cursor` of the next page; null on the last one.")
]


class Listing(Limited):
    """A page of rows, the newest first."""

    cursor: Annotated[Cursor, Field(description="The `next_cursor` of the page before.")] = None

    @property
    def stretch(self) -> Stretch:
        """What to read: one row more than is shown, which tells whether there is a next page."""
        return Stretch(self.limit + 1, self.since, self.until, self.cursor)

    def cut(
        self, rows: Sequence[Row], of: Callable[[Row], Place]
    ) -> tuple[Sequence[Row], str | None]:
        """The rows to show of those read, and the cursor of the next page."""
        page = rows[: self.limit]
        return page, cursor_of(of(page[-1])) if len(rows) > self.limit else None


def headers_of(call: Call[object], next_cursor: str | None) -> Mapping[str, str]:
    """What stands above a page: whose it is, and where the next and the first one are.

    By https://www.rfc-editor.org/rfc/rfc8288.
    """
    here = call.request.rel_url
    pages = {"next": here.update_query(cursor=next_cursor)} if next_cursor else {}
    if call.request.query.get("cursor"):
        pages["first"] = here.without_query_params("cursor")
    root = call.context.settings.public_url
    links = ", ".join(f'<{root}{page}>; rel="{name}"' for name, page in pages.items())
    return {hdrs.VARY: hdrs.AUTHORIZATION} | ({hdrs.LINK: links} if links else {})
