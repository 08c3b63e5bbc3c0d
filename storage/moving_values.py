"""Values of rows as lines of JSON, the same whichever database they come from, and back.

SQLite keeps JSON as it was written, PostgreSQL sorts its keys and spells its numbers out; a moment
has a zone on one of them. A line tells none of that.
"""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

Convert = Callable[[Any], Any]

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
# From here on Python writes a float with an exponent, and PostgreSQL as a whole number.
_EXPONENT_FROM: Final = 1e16


def line(row: Mapping[str, Any]) -> bytes:
    """A row of plain values as one line of ASCII, keys in order."""
    return _ENCODER.encode(row).encode() + b"\n"


def row(read: bytes) -> dict[str, Any]:
    """What `line` wrote. Raises `ValueError` for anything else."""
    try:
        found = json.loads(read, parse_constant=_a_number)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - whatever is wrong with it is one thing
    return found


def _a_number(name: str) -> float:
    """What Python reads, and neither JSON nor PostgreSQL knows. Raises `ValueError`."""
    raise ValueError(f"{name} is no number")


def to_plain(table: sa.Table) -> dict[str, Convert | None]:
    """How to turn the values of each column into what JSON knows; None where they are that."""
    return {column.name: _TO_PLAIN[_sort(column)] for column in table.columns}


def from_plain(table: sa.Table) -> dict[str, Convert]:
    """How to turn each column's plain values back; each raises `ValueError` for what is none."""
    return {column.name: _FROM_PLAIN[_sort(column)] for column in table.columns}


def _sort(column: sa.Column[Any]) -> str:
    """Which sort of value a column holds. Raises `TypeError` for one that nobody thought of."""
    for kind, name in _SORTS:
        if isinstance(column.type, kind):
            return name
    raise TypeError(f"say in storage/moving_values.py how {column} is written")


_SORTS: Final[tuple[tuple[type[Any], str], ...]] = (
    (UTCDateTime, "moment"),
    (sa.Date, "day"),
    (sa.Boolean, "truth"),
    (sa.Integer, "number"),
    (sa.Uuid, "id"),
    (sa.LargeBinary, "bytes"),
    (sa.JSON, "json"),
    (sa.String, "text"),
    (AutoString, "text"),
)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _spelled_out(value: Any) -> Any:
    """JSON with the numbers that the databases give back differently in one spelling."""
    if isinstance(value, float):
        if value.is_integer() and abs(value) >= _EXPONENT_FROM:
            return int(Decimal(repr(value)))
        return value or 0.0
    if isinstance(value, dict):
        return {name: _spelled_out(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_spelled_out(each) for each in value]
    return value


_TO_PLAIN: Final[dict[str, Convert | None]] = {
    "moment": _moment,
    "day": date.isoformat,
    "truth": None,
    "number": None,
    "id": str,
    "bytes": lambda value: base64.b64encode(value).decode(),
    "json": _spelled_out,
    "text": None,
}


def _read_truth(value: Any) -> Any:
    if type(value) is not bool:
        raise ValueError(f"{value!r} is no bool")
    return value


def _read_number(value: Any) -> Any:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no int")
    if not -(2**63) <= value < 2**63:
        raise ValueError("no column holds so large a number")
    return value


def _read_text(value: Any) -> Any:
    if type(value) is not str:
        raise ValueError(f"{value!r} is no str")
    value.encode()  # half of a character is a `ValueError`, too
    return value


def _read_moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value!r} is a moment of no calendar") from None


_FROM_PLAIN: Final[dict[str, Convert]] = {
    "moment": _read_moment,
    "day": date.fromisoformat,
    "truth": _read_truth,
    "number": _read_number,
    "id": UUID,
    "bytes": lambda value: base64.b64decode(value, validate=True),
    "json": lambda value: value,
    "text": _read_text,
}
