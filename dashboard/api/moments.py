"""Moments as programs read them."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

_AWARE: Final = TypeAdapter(AwareDatetime)
_FORM: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?(.*)", re.ASCII)


def rfc3339(moment: datetime) -> str:
    """A moment in UTC, as https://www.rfc-editor.org/rfc/rfc3339 has it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _no_number(given: Any) -> Any:
    """Seconds since 1970 are no moment here: who sends 20261105 means a day."""
    if not isinstance(given, str):
        return given
    try:
        if _FORM.fullmatch(given):
            # Read here: a strict body would not take text for a moment behind this.
            return _AWARE.validate_python(given).astimezone(UTC)
    except (ValidationError, OverflowError):
        pass  # the 31st of February, one without its time zone, one that UTC does not have
    raise PydanticCustomError("moment", "Send a time like 2026-11-05T12:00:00Z.")


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_no_number),
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in a model: in any time zone where it comes in, in UTC from there on."""
