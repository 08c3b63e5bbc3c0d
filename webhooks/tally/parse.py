"""A Tally webhook's body, read into what happened: somebody sent the form."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

import clock
from domain.texts import keepable
from webhooks.errors import MalformedBody
from webhooks.tally.answers import TallyAnswer, read_answer


@dataclass(frozen=True)
class TallySubmission:
    """A form that somebody sent.

    `event_id` is one per delivery to us, `submission_id` one per form sent: both are what
    duplicates are known by. `created_at` is in UTC: when the form was sent or, where Tally does
    not say, when it was read.
    """

    event_id: str
    submission_id: str
    response_id: str
    form_id: str
    form_name: str
    created_at: datetime
    answers: tuple[TallyAnswer, ...]


def parse(body: bytes) -> TallySubmission:
    """Read a body whose sender is proven.

    Any value may be null and any field type new. Raises `MalformedBody` only where the body is
    no JSON, or not that of a form being sent.
    """
    event = _object(_json(body), "The body")
    event_id, event_type = event.get("eventId"), event.get("eventType")
    if not isinstance(event_id, str) or not event_id:
        raise MalformedBody("The event has no eventId.")
    if event_type != "FORM_RESPONSE":
        raise MalformedBody("The event is not a FORM_RESPONSE.")
    data = _object(event.get("data"), "The event's data")
    rows = data.get("fields")
    if not isinstance(rows, list):
        raise MalformedBody("The event's data has no list of fields.")
    fields = [row if isinstance(row, dict) else {"value": row} for row in rows]
    questions = {str(row.get("key")): row for row in fields if row.get("options")}
    response_id = _text(data.get("responseId"))
    return TallySubmission(
        event_id=event_id,
        submission_id=_text(data.get("submissionId")) or response_id or event_id,
        response_id=response_id,
        form_id=_text(data.get("formId")),
        form_name=_text(data.get("formName")),
        created_at=_moment(data.get("createdAt")) or _moment(event.get("createdAt")) or clock.now(),
        answers=tuple(read_answer(row, questions) for row in fields),
    )


def _json(body: bytes) -> Any:
    try:
        return _storable(
            json.loads(body.decode(), parse_float=_finite, parse_constant=_no_constant)
        )
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"The body is no JSON that can be read: {error}") from error


def _storable(value: Any) -> Any:
    """Make every text in it one that can be kept: the rest of the form is good."""
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def _finite(number: str) -> float | str:
    """A number, or its digits where they overflow: an infinity could not be stored as JSON."""
    value = float(number)
    return value if math.isfinite(value) else number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedBody(f"{what} is not an object.")
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    """A time in UTC from RFC 3339, None from anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
