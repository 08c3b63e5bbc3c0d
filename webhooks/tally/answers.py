"""One answer of a Tally form, of any type, as text that a person can read.

Shapes as in https://tally.so/help/webhooks: a choice arrives as option ids beside a table of
their texts, a group of checkboxes as one row with all ids plus one true-or-false row per option.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

CHECKBOXES: Final = "CHECKBOXES"


@dataclass(frozen=True)
class TallyAnswer:
    """An answer to one question.

    `value` is the JSON as Tally sent it, `text` the same for a reader: option texts in place of
    ids, empty where nothing was answered. `options` are the texts on offer and `chosen` those
    picked. `checked` is set for a single checkbox: a row of one option, or a question with one.
    `part_of` is the key of the question whose answer this row only repeats, option by option.
    """

    key: str
    label: str
    type: str
    value: Any
    text: str
    options: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    checked: bool | None = None
    part_of: str | None = None


def read_answer(
    field: Mapping[str, Any], questions: Mapping[str, Mapping[str, Any]]
) -> TallyAnswer:
    """Read one row of `data.fields`. `questions` holds all rows of the form by their key."""
    key, kind, value = _word(field.get("key")), _word(field.get("type")), field.get("value")
    parent = _question_of_option_row(key, kind, value, questions)
    ticked = isinstance(value, bool)
    chosen = _chosen(field) if kind in _CHOICES and not ticked else ()
    options = _texts(field.get("options")) if kind in _CHOICES else {}
    checked: bool | None = None
    if kind == CHECKBOXES and (parent is not None or ticked):
        checked = value is True
    elif kind == CHECKBOXES and len(options) == 1:
        checked = bool(chosen)
    return TallyAnswer(
        key=key,
        label=_word(field.get("label")).strip(),
        type=kind,
        value=value,
        text=_READERS.get(kind, _anything)(field).strip(),
        options=tuple(options.values()),
        chosen=chosen,
        checked=checked,
        part_of=parent,
    )


def _question_of_option_row(
    key: str, kind: str, value: object, questions: Mapping[str, Mapping[str, Any]]
) -> str | None:
    """The key of the checkbox question of which this row is one option, if it is one."""
    if kind != CHECKBOXES or not (value is None or isinstance(value, bool)):
        return None
    question, separator, option = key.rpartition("_")
    while separator:
        if question in questions and option in _texts(questions[question].get("options")):
            return question
        question, separator, rest = question.rpartition("_")
        option = f"{rest}_{option}"
    return None


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(table: object) -> dict[str, str]:
    """Read `[{id, text}]` into texts by id; an option without a text is shown by its id."""
    rows = table if isinstance(table, list) else []
    return {
        str(row["id"]): _anything({"value": row.get("text")}) or str(row["id"])
        for row in rows
        if isinstance(row, dict) and row.get("id") is not None
    }


def _named(ids: object, texts: Mapping[str, str]) -> tuple[str, ...]:
    """Texts for option ids: a list, or the bare id of older forms. An unknown id stays as is."""
    listed = ids if isinstance(ids, list) else [ids]
    return tuple(
        texts.get(item, item) if isinstance(item, str) else _anything({"value": item})
        for item in listed
        if item is not None
    )


def _chosen(field: Mapping[str, Any]) -> tuple[str, ...]:
    return _named(field.get("value"), _texts(field.get("options")))


def _choice(field: Mapping[str, Any]) -> str:
    return ", ".join(_chosen(field))


def _ranking(field: Mapping[str, Any]) -> str:
    return ", ".join(f"{place}. {text}" for place, text in enumerate(_chosen(field), start=1))


def _files(field: Mapping[str, Any]) -> str:
    """One line a file: its name and where it can be fetched."""
    value = field.get("value")
    lines = []
    for file in value if isinstance(value, list) else [value]:
        if isinstance(file, dict) and (file.get("name") or file.get("url")):
            lines.append(" ".join(str(file[part]) for part in ("name", "url") if file.get(part)))
        else:
            lines.append(_anything({"value": file}))
    return "\n".join(lines)


def _matrix(field: Mapping[str, Any]) -> str:
    """One line a row: its text, and the texts of the columns ticked in it."""
    value = field.get("value")
    if not isinstance(value, dict):
        return _anything(field)
    rows, columns = _texts(field.get("rows")), _texts(field.get("columns"))
    ticked = ((rows.get(row, row), ", ".join(_named(ids, columns))) for row, ids in value.items())
    return "\n".join(f"{row}: {columns}" for row, columns in ticked if columns)


def _anything(field: Mapping[str, Any]) -> str:
    """Any value, also of a type that this program has never heard of."""
    value = field.get("value")
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(_anything({"value": item}) for item in value)
    return json.dumps(value, ensure_ascii=False)


_CHOICES = frozenset({"MULTIPLE_CHOICE", "DROPDOWN", "MULTI_SELECT", "RANKING", CHECKBOXES})

_READERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "MULTIPLE_CHOICE": _choice,
    "DROPDOWN": _choice,
    "MULTI_SELECT": _choice,
    CHECKBOXES: _choice,
    "RANKING": _ranking,
    "FILE_UPLOAD": _files,
    "SIGNATURE": _files,
    "MATRIX": _matrix,
}
"""Types whose value needs more than writing down; every other one is a word or a number."""
