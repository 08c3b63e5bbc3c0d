"""Every type of Tally field, in the shape that Tally sends it, reads as a person would say it."""

from typing import Any

import pytest

from webhooks.tally.answers import TallyAnswer, read_answer

SPORTS = [
    {"id": "9bbb6bd7-1e3b", "text": "Soccer"},
    {"id": "cb33303b-4e9d", "text": "Swimming"},
    {"id": "b42d4e8c-bdb6", "text": "Skiing"},
]
FILE = {"id": "5mDNqw", "name": "kit.png", "url": "https://f.example/kit.png", "size": 16233}


def read(kind: str, value: Any, **more: Any) -> TallyAnswer:
    """Read one row that stands alone in its form."""
    field = {"key": "question_1", "label": "Question", "type": kind, "value": value} | more
    return read_answer(field, {"question_1": field} if "options" in more else {})


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("INPUT_TEXT", "  Hello 😀 <b>", "Hello 😀 <b>"),
        ("TEXTAREA", "One\nTwo", "One\nTwo"),
        ("INPUT_EMAIL", "ann@example.com", "ann@example.com"),
        ("INPUT_NUMBER", 12000, "12000"),
        ("INPUT_NUMBER", 10.0, "10"),
        ("INPUT_NUMBER", 0.5, "0.5"),
        ("INPUT_NUMBER", 0, "0"),
        ("INPUT_PHONE_NUMBER", "+32491223344", "+32491223344"),
        ("INPUT_LINK", "example.com", "example.com"),
        ("INPUT_DATE", "2026-06-28", "2026-06-28"),
        ("INPUT_TIME", "12:00", "12:00"),
        ("LINEAR_SCALE", 7, "7"),
        ("RATING", 4, "4"),
        ("HIDDEN_FIELDS", "newsletter", "newsletter"),
        ("CALCULATED_FIELDS", 20, "20"),
        ("CALCULATED_FIELDS", "Hard", "Hard"),
        ("PAYMENT", 9, "9"),
        ("PAYMENT", "USD", "USD"),
        ("WALLET_CONNECT", "0x52908400098527886E0F", "0x52908400098527886E0F"),
        ("WALLET_CONNECT", {"address": "0x5290"}, '{"address": "0x5290"}'),
    ],
)
def test_words_and_numbers_read_as_they_are(kind: str, value: Any, text: str) -> None:
    """A word stays a word, a number loses nothing but an empty fraction."""
    answer = read(kind, value)
    assert answer.text == text
    assert answer.value == value
    assert answer.checked is None


@pytest.mark.parametrize("kind", ["MULTIPLE_CHOICE", "DROPDOWN", "MULTI_SELECT"])
def test_a_choice_reads_as_its_texts(kind: str) -> None:
    """The ids of the options become their texts, in the order picked."""
    answer = read(kind, ["b42d4e8c-bdb6", "9bbb6bd7-1e3b"], options=SPORTS)
    assert answer.text == "Skiing, Soccer"
    assert answer.chosen == ("Skiing", "Soccer")
    assert answer.options == ("Soccer", "Swimming", "Skiing")


def test_an_older_form_sends_a_bare_id() -> None:
    """One id without a list is one choice."""
    assert read("DROPDOWN", "cb33303b-4e9d", options=SPORTS).text == "Swimming"


def test_an_id_without_a_text_is_still_shown() -> None:
    """An option that was since removed from the form, or never had a text, is not dropped."""
    answer = read("DROPDOWN", ["gone", "x"], options=[*SPORTS, {"id": "x", "text": None}])
    assert answer.text == "gone, x"


def test_a_ranking_keeps_its_order() -> None:
    """Places are numbered."""
    answer = read("RANKING", ["b42d4e8c-bdb6", "9bbb6bd7-1e3b"], options=SPORTS)
    assert answer.text == "1. Skiing, 2. Soccer"


def test_checkboxes_read_as_the_ticked_texts() -> None:
    """A group of several is a choice of several, and not a single tick."""
    answer = read("CHECKBOXES", ["cb33303b-4e9d"], options=SPORTS)
    assert answer.text == "Swimming"
    assert answer.checked is None
    assert answer.part_of is None


@pytest.mark.parametrize(("value", "ticked"), [(True, True), (False, False), (None, False)])
def test_the_extra_row_of_an_option_is_a_tick(value: object, *, ticked: bool) -> None:
    """The row that Tally adds per option tells whether it is ticked, and to which it belongs."""
    question = {"key": "question_wQ1K7w", "type": "CHECKBOXES", "value": [], "options": SPORTS}
    row = {
        "key": "question_wQ1K7w_cb33303b-4e9d",
        "label": "Checkboxes (Swimming)",
        "type": "CHECKBOXES",
        "value": value,
    }
    answer = read_answer(row, {"question_wQ1K7w": question})
    assert answer.checked is ticked
    assert answer.part_of == "question_wQ1K7w"
    assert answer.label == "Checkboxes (Swimming)"


@pytest.mark.parametrize(("value", "ticked"), [(["t"], True), ([], False), (None, False)])
def test_a_question_with_one_box_is_a_tick_itself(value: object, *, ticked: bool) -> None:
    """Terms are asked as a question with one box: ticked or not, never unknown."""
    answer = read("CHECKBOXES", value, options=[{"id": "t", "text": "I accept the terms"}])
    assert answer.checked is ticked
    assert answer.text == ("I accept the terms" if ticked else "")


def test_an_option_id_may_hold_the_separator() -> None:
    """The key of an option row is taken apart by what the form holds, not by position."""
    question = {"key": "q_1", "type": "CHECKBOXES", "options": [{"id": "a_b", "text": "A"}]}
    row = {"key": "q_1_a_b", "type": "CHECKBOXES", "value": True}
    assert read_answer(row, {"q_1": question}).part_of == "q_1"


def test_a_stray_tick_is_still_a_tick() -> None:
    """A boolean row whose question is not in the form keeps its meaning."""
    answer = read("CHECKBOXES", True)
    assert (answer.checked, answer.part_of, answer.text) == (True, None, "yes")


@pytest.mark.parametrize("kind", ["FILE_UPLOAD", "SIGNATURE"])
def test_a_file_reads_as_its_name_and_address(kind: str) -> None:
    """One line a file; an entry of another shape is written down whole."""
    assert read(kind, [FILE]).text == "kit.png https://f.example/kit.png"
    assert read(kind, [FILE, {"id": 7}]).text == 'kit.png https://f.example/kit.png\n{"id": 7}'


def test_a_matrix_reads_row_by_row() -> None:
    """Row and column ids become texts; a row without a tick is left out."""
    answer = read(
        "MATRIX",
        {"r1": ["c2"], "r2": ["c1", "c2"], "r3": [], "r4": None, "gone": ["c1"]},
        rows=[{"id": "r1", "text": "Quality"}, {"id": "r2", "text": "Speed"}],
        columns=[{"id": "c1", "text": "Bad"}, {"id": "c2", "text": "Good"}],
    )
    assert answer.text == "Quality: Good\nSpeed: Bad, Good\ngone: Bad"


def test_a_type_from_the_future_keeps_its_json() -> None:
    """What this program has never heard of is shown whole rather than dropped."""
    answer = read("HOLOGRAM", {"beam": ["ü", 1], "on": True})
    assert answer.text == '{"beam": ["ü", 1], "on": true}'
    assert answer.value == {"beam": ["ü", 1], "on": True}
    assert read("HOLOGRAM", ["a", 1]).text == "a, 1"


@pytest.mark.parametrize(
    "kind",
    [
        "INPUT_TEXT",
        "TEXTAREA",
        "INPUT_EMAIL",
        "INPUT_NUMBER",
        "INPUT_PHONE_NUMBER",
        "INPUT_LINK",
        "INPUT_DATE",
        "INPUT_TIME",
        "MULTIPLE_CHOICE",
        "DROPDOWN",
        "MULTI_SELECT",
        "RANKING",
        "CHECKBOXES",
        "LINEAR_SCALE",
        "RATING",
        "FILE_UPLOAD",
        "SIGNATURE",
        "MATRIX",
        "HIDDEN_FIELDS",
        "CALCULATED_FIELDS",
        "PAYMENT",
        "WALLET_CONNECT",
        "HOLOGRAM",
    ],
)
def test_an_unanswered_question_of_any_type_is_empty(kind: str) -> None:
    """Null is no answer, for every type; neither are its tables needed."""
    answer = read(kind, None, options=None, rows=None, columns=None)
    assert (answer.text, answer.chosen, answer.label) == ("", (), "Question")


@pytest.mark.parametrize("value", [{"a": 1}, [[1]], [{"id": 1}], 3.5, "x", True])
@pytest.mark.parametrize("kind", ["RANKING", "CHECKBOXES", "MATRIX", "FILE_UPLOAD", "INPUT_TEXT"])
def test_a_value_of_the_wrong_shape_breaks_nothing(kind: str, value: Any) -> None:
    """A vendor's surprise is written down as it came."""
    answer = read(kind, value, options="none", rows=3, columns=[None, {"id": None}, 4])
    assert answer.value == value
    assert answer.text


def test_a_row_of_nulls_is_kept() -> None:
    """Even a row without key, label or type is an answer that can be shown."""
    answer = read_answer({"key": None, "label": None, "type": None, "value": "x"}, {})
    assert answer == TallyAnswer(key="", label="", type="", value="x", text="x")
