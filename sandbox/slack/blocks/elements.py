"""Block elements: buttons, menus, pickers and inputs.

Fields and limits: https://docs.slack.dev/reference/block-kit/block-elements
"""

from sandbox.slack.blocks.composition import (
    CHOICES,
    CONFIRM,
    DISPATCH,
    FILTER,
    GROUPED_CHOICES,
    OPTION_GROUP,
    SLACK_FILE,
    option,
    plain,
)
from sandbox.slack.blocks.rich_text import only_rich_text
from sandbox.slack.blocks.rules import (
    Rule,
    anything,
    array,
    boolean,
    enum,
    integer,
    not_both,
    one_of,
    shape,
    string,
    url,
)

ACTION = {"action_id": string(longest=255)}
FOCUS: dict[str, Rule] = {"focus_on_load": boolean}
ASKING: dict[str, Rule] = {**ACTION, "confirm": CONFIRM}
MENU: dict[str, Rule] = {**ASKING, **FOCUS, "placeholder": plain(150)}
MANY: dict[str, Rule] = {"max_selected_items": integer(1)}
TYPED: dict[str, Rule] = {
    **ACTION,
    **FOCUS,
    "placeholder": plain(150),
    "dispatch_action_config": DISPATCH,
}
OPTIONS: dict[str, Rule] = {
    "options": array(option(), most=100),
    "option_groups": array(OPTION_GROUP, most=100),
}
_IDS = array(string())
_DATE = string(pattern=r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_TIME = string(pattern=r"([01]\d|2[0-3]):[0-5]\d")
_DECIMAL = string(pattern=r"-?\d+(\.\d+)?")
_FEEDBACK = shape(
    {"text": plain(75), "value": string(longest=2000)}, {"accessibility_label": string(longest=75)}
)


def _of(required: dict[str, Rule], *optional: dict[str, Rule], also: tuple[Rule, ...] = ()) -> Rule:
    merged: dict[str, Rule] = {}
    for fields in optional:
        merged.update(fields)
    return shape({"type": anything, **required}, merged, *also)


IMAGE = _of(
    {"alt_text": string(longest=2000)},
    {"image_url": url(), "slack_file": SLACK_FILE},
    also=(one_of("image_url", "slack_file"), not_both("image_url", "slack_file")),
)

BUTTONS: dict[str, Rule] = {
    "button": _of(
        {"text": plain(75)},
        ASKING,
        {
            "url": url(),
            "value": string(longest=2000),
            "style": enum("primary", "danger"),
            "accessibility_label": string(longest=75),
        },
    ),
    "workflow_button": _of(
        {"text": plain(75), "workflow": anything},
        ACTION,
        {"style": enum("primary", "danger"), "accessibility_label": string(longest=75)},
    ),
    "overflow": _of({"options": array(option(url_allowed=True), most=5)}, ASKING),
}

SELECTS: dict[str, Rule] = {
    "static_select": _of({}, MENU, OPTIONS, {"initial_option": option()}, also=GROUPED_CHOICES),
    "external_select": _of({}, MENU, {"initial_option": option(), "min_query_length": integer(0)}),
    "users_select": _of({}, MENU, {"initial_user": string()}),
    "channels_select": _of(
        {}, MENU, {"initial_channel": string(), "response_url_enabled": boolean}
    ),
    "conversations_select": _of(
        {},
        MENU,
        {
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": FILTER,
        },
    ),
}

MULTI_SELECTS: dict[str, Rule] = {
    "multi_static_select": _of(
        {},
        MENU,
        MANY,
        OPTIONS,
        {"initial_options": array(option(), most=100)},
        also=GROUPED_CHOICES,
    ),
    "multi_external_select": _of(
        {}, MENU, MANY, {"initial_options": array(option()), "min_query_length": integer(0)}
    ),
    "multi_users_select": _of({}, MENU, MANY, {"initial_users": _IDS}),
    "multi_channels_select": _of({}, MENU, MANY, {"initial_channels": _IDS}),
    "multi_conversations_select": _of(
        {},
        MENU,
        MANY,
        {
            "initial_conversations": _IDS,
            "default_to_current_conversation": boolean,
            "filter": FILTER,
        },
    ),
}

_TICKS = array(option(plain_text=False), most=10)
CHOOSERS: dict[str, Rule] = {
    "checkboxes": _of(
        {"options": _TICKS}, ASKING, FOCUS, {"initial_options": _TICKS}, also=CHOICES
    ),
    "radio_buttons": _of(
        {"options": _TICKS},
        ASKING,
        FOCUS,
        {"initial_option": option(plain_text=False)},
        also=CHOICES,
    ),
}

PICKERS: dict[str, Rule] = {
    "datepicker": _of({}, MENU, {"initial_date": _DATE}),
    "timepicker": _of({}, MENU, {"initial_time": _TIME, "timezone": string()}),
}
DATETIME: dict[str, Rule] = {
    "datetimepicker": _of(
        {}, ASKING, FOCUS, {"initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    )
}

WRITTEN: dict[str, Rule] = {
    "plain_text_input": _of(
        {},
        TYPED,
        {
            "initial_value": string(shortest=0, longest=3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    "email_text_input": _of({}, TYPED, {"initial_value": string(longest=3000)}),
    "url_text_input": _of({}, TYPED, {"initial_value": string(longest=3000)}),
    "number_input": _of(
        {"is_decimal_allowed": boolean},
        TYPED,
        {"initial_value": _DECIMAL, "min_value": _DECIMAL, "max_value": _DECIMAL},
    ),
    "rich_text_input": _of({}, TYPED, {"initial_value": only_rich_text}),
}
FILES: dict[str, Rule] = {
    "file_input": _of({}, ACTION, {"filetypes": array(string()), "max_files": integer(1, 10)})
}

ANSWERS: dict[str, Rule] = {
    "feedback_buttons": _of({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, ACTION),
    "icon_button": _of(
        {"icon": enum("trash"), "text": plain(75)},
        ASKING,
        {
            "value": string(longest=2000),
            "accessibility_label": string(longest=75),
            "visible_to_user_ids": array(string()),
        },
    ),
}
