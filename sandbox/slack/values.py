"""What a person has entered into a form, in the shapes of Slack's `state.values`.

A raw value is what a browser sends or a test writes: a string, a list of strings, or None.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.slack.blocks import elements_of, flat
from sandbox.slack.errors import Refused
from sandbox.slack.state import Json

_ONE_OF = {
    "users_select": ("selected_user", "initial_user"),
    "channels_select": ("selected_channel", "initial_channel"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
}
_LIST_OF = {
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "file_input": ("files", ""),
}
STATEFUL = frozenset(_ONE_OF) | frozenset(_LIST_OF)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://\S+")
Given = Mapping[tuple[str, str], Any]


def options_of(element: Json) -> list[Json]:
    """All options of a menu, those in groups too."""
    grouped = [o for group in element.get("option_groups") or [] for o in group["options"]]
    return [*(element.get("options") or []), *grouped]


def field_name(element: Json) -> str:
    """The key under which an element's value stands, such as `value` or `selected_option`."""
    kind = element["type"]
    return (_ONE_OF.get(kind) or _LIST_OF[kind])[0]


def entered(element: Json, raw: Any) -> Any:
    """A raw value as Slack reports it for this element; empty becomes None or an empty list.

    Raises `Refused("invalid_option")` for a choice that is not offered.
    """
    name = field_name(element)
    if element["type"] in _LIST_OF:
        chosen = [raw] if isinstance(raw, str) else list(raw or [])
        if name == "selected_options":
            return [_option(element, value) for value in chosen]
        return chosen
    if raw in (None, "", []):
        return None
    if name == "selected_option":
        return _option(element, raw)
    if name == "rich_text_value" and isinstance(raw, str):
        section = {"type": "rich_text_section", "elements": [{"type": "text", "text": raw}]}
        return {"type": "rich_text", "elements": [section]}
    return int(raw) if name == "selected_date_time" else raw


def _option(element: Json, value: Any) -> Json:
    if isinstance(value, dict):
        return value
    for option in options_of(element):
        if value in (option["value"], option["text"]["text"]):
            return option
    if element["type"] in ("external_select", "multi_external_select"):
        found: Json = json.loads(value)  # the page keeps the whole option it was offered
        return found
    raise Refused("invalid_option", option=value)


def state_values(blocks: list[Json], given: Given) -> Json:
    """`state.values` of these blocks: what was given, else what the app had set beforehand."""
    values: Json = {}
    for block in flat(blocks):
        for element in elements_of(block):
            if element["type"] not in STATEFUL:
                continue
            key = (block["block_id"], element["action_id"])
            name = field_name(element)
            initial = (_ONE_OF.get(element["type"]) or _LIST_OF[element["type"]])[1]
            if key in given:
                value = entered(element, given[key])
            else:
                value = element.get(initial, [] if element["type"] in _LIST_OF else None)
            values.setdefault(key[0], {})[key[1]] = {"type": element["type"], name: value}
    return values


def find_fields(blocks: list[Json], wanted: Mapping[Any, Any]) -> dict[tuple[str, str], Any]:
    """Values by (block_id, action_id), from keys that say block, action, label or both ids.

    Raises LookupError for a key that names no field, so that a misspelt test fails.
    """
    names: dict[Any, tuple[str, str]] = {}
    for block in flat(blocks):
        for element in elements_of(block):
            if element["type"] in STATEFUL:
                key = (block["block_id"], element["action_id"])
                label = (block.get("label") or {}).get("text")
                for name in (label, key[0], key[1], key):
                    names.setdefault(name, key)
    found: dict[tuple[str, str], Any] = {}
    for name, value in wanted.items():
        if isinstance(value, dict) and "type" not in value:
            found.update({(name, action): raw for action, raw in value.items()})
        elif name in names:
            found[names[name]] = value
        else:
            raise LookupError(f"no field {name!r}; there are {sorted(map(str, names))}")
    return found


def complaints(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's own client holds back before it sends a form, by block_id."""
    found: dict[str, str] = {}
    for block in flat(blocks):
        if block.get("type") != "input":
            continue
        element = block["element"]
        held = values[block["block_id"]][element["action_id"]][field_name(element)]
        if not held:
            if not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
        elif problem := _problem(element, held):
            found[block["block_id"]] = problem
    return found


def _problem(element: Json, held: Any) -> str | None:
    if element["type"] == "file_input":
        return _chosen(element, held)
    return _typed(element, held) if isinstance(held, str) else None


def _typed(element: Json, held: str) -> str | None:
    kind = element["type"]
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    if kind == "plain_text_input" and not shortest <= len(held) <= longest:
        limit = f"at least {shortest}" if len(held) < shortest else f"at most {longest}"
        return f"This entry must have {limit} characters."
    if kind == "email_text_input" and not _EMAIL.fullmatch(held):
        return "Please enter a valid email address."
    if kind == "url_text_input" and not _URL.fullmatch(held):
        return "Please enter a valid URL."
    return _number(element, held) if kind == "number_input" else None


def _chosen(element: Json, files: list[Json]) -> str | None:
    most, kinds = element.get("max_files", 10), element.get("filetypes") or []
    if len(files) > most:
        return f"You can only upload {most} file{'s' * (most != 1)}."
    if kinds and any(file["filetype"] not in kinds for file in files):
        return f"This file type is not supported. Use {', '.join(kinds)}."
    return None


def _number(element: Json, held: str) -> str | None:
    try:
        amount = Decimal(held)
    except InvalidOperation:
        return "Please enter a number."
    if not element["is_decimal_allowed"] and amount != amount.to_integral_value():
        return "Please enter a whole number."
    if "min_value" in element and amount < Decimal(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and amount > Decimal(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None
