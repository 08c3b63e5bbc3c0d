"""A Tally webhook's body becomes a submission, or a clear refusal."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

import clock
from webhooks.errors import MalformedBody
from webhooks.tally.parse import parse


def event(**data: Any) -> dict[str, Any]:
    """An event as in Tally's documentation."""
    return {
        "eventId": "a4cb511e-d513-4fa5-baee-b815d718dfd1",
        "eventType": "FORM_RESPONSE",
        "createdAt": "2026-06-28T15:00:21.889Z",
        "data": {
            "responseId": "2wgx4n",
            "submissionId": "8rXx1d",
            "respondentId": "dwQKYm",
            "formId": "VwbNEw",
            "formName": "Affiliates",
            "createdAt": "2026-06-28T15:00:21.000Z",
            "fields": [
                {"key": "question_1", "label": "Name", "type": "INPUT_TEXT", "value": "Ann"},
                {
                    "key": "question_2",
                    "label": "Terms",
                    "type": "CHECKBOXES",
                    "value": ["o1"],
                    "options": [{"id": "o1", "text": "I accept"}, {"id": "o2", "text": "News"}],
                },
                {
                    "key": "question_2_o1",
                    "label": "Terms (I accept)",
                    "type": "CHECKBOXES",
                    "value": True,
                },
            ],
        }
        | data,
    }


def body(value: Any) -> bytes:
    """The bytes on the wire."""
    return json.dumps(value).encode()


def test_a_whole_event_is_read() -> None:
    """Ids, form, moment and every row come out, the rows in the order of the form."""
    submission = parse(body(event()))
    assert submission.event_id == "a4cb511e-d513-4fa5-baee-b815d718dfd1"
    assert (submission.submission_id, submission.response_id) == ("8rXx1d", "2wgx4n")
    assert (submission.form_id, submission.form_name) == ("VwbNEw", "Affiliates")
    assert submission.created_at == datetime(2026, 6, 28, 15, 0, 21, tzinfo=UTC)
    name, terms, accepted = submission.answers
    assert name.text == "Ann"
    assert terms.chosen == ("I accept",)
    assert (accepted.checked, accepted.part_of) == (True, "question_2")


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-06-28T17:00:00+02:00", datetime(2026, 6, 28, 15, 0, tzinfo=UTC)),
        ("2026-06-28T15:00:00", datetime(2026, 6, 28, 15, 0, tzinfo=UTC)),
    ],
)
def test_the_moment_is_in_utc(written: str, utc: datetime) -> None:
    """An offset is converted, a missing one means UTC."""
    moment = parse(body(event(createdAt=written))).created_at
    assert moment == utc
    assert moment.utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize("written", [None, "yesterday", 5, "0001-01-01T00:00:00+23:00"])
def test_a_missing_moment_falls_back(written: object) -> None:
    """Without a time of the form the event's counts, and without that one the present."""
    assert parse(body(event(createdAt=written))).created_at.day == 28
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    with clock.travel(noon):
        assert parse(body(event(createdAt=written) | {"createdAt": written})).created_at == noon


def test_nulls_in_the_envelope_lose_no_answer() -> None:
    """A form whose ids and name are null is still a form that somebody sent."""
    nulls = dict.fromkeys(("responseId", "submissionId", "formId", "formName"))
    submission = parse(body(event(**nulls)))
    assert submission.submission_id == submission.event_id
    assert submission.form_name == ""
    assert len(submission.answers) == 3


def test_what_no_database_stores_is_replaced() -> None:
    """NUL and halves of an emoji, which phones do send, do not make a form unusable."""
    fields = [{"key": "k", "label": "N\\u0000", "type": "INPUT_TEXT", "value": "A\\ud83d"}]
    raw = body(event(fields=fields)).replace(b"\\\\u", b"\\u")
    (answer,) = parse(raw).answers
    assert answer.text == "A\N{REPLACEMENT CHARACTER}"
    assert answer.label == "N\N{REPLACEMENT CHARACTER}"
    answer.text.encode()


def test_emoji_and_right_to_left_text_arrive_unchanged() -> None:
    """Whole characters of any script are left alone, HTML too: the page escapes it, not we."""
    name = "👩‍🚀 مريم <script>alert(1)</script>"
    (answer,) = parse(body(event(fields=[{"type": "INPUT_TEXT", "value": name}]))).answers
    assert answer.text == name


def test_numbers_stay_storable() -> None:
    """A number too large for a float keeps its digits instead of becoming infinity."""
    raw = body(event(fields=[{"type": "INPUT_NUMBER", "value": "N"}])).replace(b'"N"', b"1e999")
    (answer,) = parse(raw).answers
    assert answer.text == "1e999"


def test_a_field_that_is_no_object_is_kept() -> None:
    """A row of an unforeseen shape is shown as it came."""
    (answer,) = parse(body(event(fields=["surprise"]))).answers
    assert answer.text == "surprise"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"a": NaN}',
        b"[" * 100_000,
        b"9" * 10_000,
        body(event())[:-5],
        body(event() | {"eventId": None}),
        body(event() | {"eventId": ""}),
        body(event() | {"eventType": "FORM_DELETED"}),
        body(event() | {"data": None}),
        body(event(fields=None)),
        body(event(fields={})),
    ],
    ids=lambda raw: raw[:20].decode(errors="replace"),
)
def test_a_body_that_says_nothing_is_refused(raw: bytes) -> None:
    """Truncated, empty, absurd or foreign bodies get one clear refusal and no traceback."""
    with pytest.raises(MalformedBody):
        parse(raw)
