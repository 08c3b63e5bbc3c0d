"""What the checker refuses, in Slack's words and at the right place, and what it lets pass."""

from typing import Any

import pytest

from sandbox.slack.blocks import check_blocks, check_view

Json = dict[str, Any]


def plain(text: str = "Words") -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "Words") -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Json:
    """A button."""
    return {"type": "button", "text": plain("Approve"), "action_id": "approve", **more}


def option(value: str = "a", **more: Any) -> Json:
    """An option of a menu."""
    return {"text": plain(value), "value": value, **more}


def actions(*elements: Json, **more: Any) -> Json:
    """An actions block."""
    return {"type": "actions", "elements": list(elements), **more}


def field(element: Json, **more: Any) -> Json:
    """An input block."""
    return {"type": "input", "label": plain(), "element": element, **more}


def axis_chart(kind: str = "bar", **more: Any) -> Json:
    """A chart with two categories and one series."""
    points = [{"label": "Mon", "value": 1}, {"label": "Tue", "value": 2.5}]
    chart: Json = {
        "type": kind,
        "series": [{"name": "Net", "data": points}],
        "axis_config": {"categories": ["Mon", "Tue"], "x_label": "Day"},
        **more,
    }
    return {"type": "data_visualization", "title": "Sales", "chart": chart}


CELLS = [[{"type": "raw_text", "text": "Name"}], [{"type": "raw_text", "text": "Ada"}]]
CONFIRM = {
    "title": plain(),
    "text": mrkdwn(),
    "confirm": plain("Yes"),
    "deny": plain("No"),
    "style": "danger",
}
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Hi ", "style": {"bold": True}},
                {"type": "user", "user_id": "U1"},
                {"type": "emoji", "name": "tada"},
                {"type": "link", "url": "https://example.com", "text": "there"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
            ],
        },
    ],
}

GOOD: list[Json] = [
    {"type": "divider"},
    {"type": "header", "text": plain("A" * 150)},
    {"type": "section", "text": mrkdwn("A" * 3000), "accessory": button()},
    {"type": "section", "fields": [mrkdwn("A" * 2000)] * 10},
    {"type": "context", "elements": [mrkdwn()] * 10},
    {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A"},
    actions(*[button(action_id=str(number)) for number in range(25)]),
    actions(button(style="primary", value="v" * 2000, confirm=CONFIRM)),
    actions({"type": "overflow", "action_id": "o", "options": [option()]}),
    actions({"type": "static_select", "options": [option(), option("b")]}),
    actions({"type": "datepicker", "initial_date": "2026-11-21"}),
    field({"type": "plain_text_input", "multiline": True, "max_length": 3000}, optional=True),
    field({"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}),
    field({"type": "checkboxes", "options": [option(description=mrkdwn("why"))]}),
    {"type": "markdown", "text": "# Hello"},
    RICH,
    {"type": "table", "rows": CELLS, "column_settings": [{"align": "right"}]},
    {"type": "data_table", "caption": "People", "rows": CELLS, "page_size": 5},
    axis_chart(),
    axis_chart("area"),
    {
        "type": "data_visualization",
        "title": "Share",
        "chart": {"type": "pie", "segments": [{"label": "Code", "value": 3}]},
    },
    {"type": "alert", "text": mrkdwn(), "level": "warning"},
    {"type": "card", "title": mrkdwn(), "actions": [button()]},
    {"type": "carousel", "elements": [{"type": "card", "body": mrkdwn()}]},
    {"type": "container", "title": plain(), "child_blocks": [{"type": "divider"}]},
    {"type": "task_card", "task_id": "t", "title": "Work", "status": "pending"},
    {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": plain("Good"), "value": "g"},
                "negative_button": {"text": plain("Bad"), "value": "b"},
            }
        ],
    },
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: block["type"])
def test_correct_blocks_pass(block: Json) -> None:
    """What Slack takes at its limits is taken here too."""
    assert check_blocks([block]) == []


BAD: list[tuple[Json, str]] = [
    (
        {"type": "section", "text": mrkdwn("A" * 3001)},
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    ({"type": "section"}, "missing required field: text or fields [json-pointer:/blocks/0]"),
    ({"type": "section", "text": mrkdwn("")}, "must be more than 0 characters"),
    ({"type": "section", "text": mrkdwn(), "fields": [mrkdwn()] * 11}, "no more than 10 items"),
    ({"type": "section", "fields": [mrkdwn("A" * 2001)]}, "less than 2001 characters"),
    ({"type": "section", "text": {**mrkdwn(), "emoji": True}}, "additional property: emoji"),
    ({"type": "header", "text": plain("A" * 151)}, "must be less than 151 characters"),
    ({"type": "header", "text": mrkdwn()}, "unsupported type: mrkdwn"),
    ({"type": "invention"}, "unsupported type: invention [json-pointer:/blocks/0/type]"),
    ({"type": "divider", "colour": "red"}, "invalid additional property: colour"),
    ({"type": "divider", "block_id": "b" * 256}, "must be less than 256 characters"),
    ({"type": "context", "elements": [mrkdwn()] * 11}, "no more than 10 items allowed"),
    (actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (actions(*[button(action_id=str(n)) for n in range(26)]), "no more than 25 items allowed"),
    (
        actions(button(text=plain("A" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (actions(button(value="v" * 2001)), "must be less than 2001 characters"),
    (actions(button(style="default")), "must be a valid enum value"),
    (actions(button(url="javascript:alert(1)")), "must match the expected format"),
    (actions(button(action_id="a" * 256)), "must be less than 256 characters"),
    (actions(button(), button()), "action_id already exists: approve"),
    (actions(button(confirm={**CONFIRM, "title": plain("A" * 101)})), "less than 101 characters"),
    (actions(button(confirm={"title": plain()})), "missing required field: text"),
    (actions({"type": "plain_text_input"}), "unsupported type: plain_text_input"),
    (actions({"type": "static_select"}), "missing required field: options or option_groups"),
    (
        actions({"type": "static_select", "options": [option()] * 101}),
        "no more than 100 items allowed",
    ),
    (
        actions({"type": "static_select", "options": [option()], "initial_option": option("z")}),
        "must be one of the provided options",
    ),
    (
        actions({"type": "static_select", "options": [option(), option()]}),
        "option value already exists: a",
    ),
    (
        actions({"type": "static_select", "options": [option("v" * 151)]}),
        "must be less than 151 characters",
    ),
    (actions({"type": "overflow", "options": [option(str(n)) for n in range(6)]}), "than 5 items"),
    (actions({"type": "datepicker", "initial_date": "21.11.2026"}), "match the expected format"),
    (field({"type": "button", "text": plain()}), "unsupported type: button"),
    (field({"type": "number_input"}), "missing required field: is_decimal_allowed"),
    (field({"type": "plain_text_input", "max_length": 3001}), "must be less than 3001"),
    (field({"type": "plain_text_input", "placeholder": plain("A" * 151)}), "less than 151"),
    (field({"type": "file_input"}), "file_input is only allowed in modals"),
    ({"type": "input", "label": plain()}, "missing required field: element"),
    ({"type": "image", "image_url": "https://example.com/a.png"}, "required field: alt_text"),
    ({"type": "image", "alt_text": "A"}, "missing required field: image_url or slack_file"),
    ({"type": "table", "rows": CELLS * 51}, "no more than 100 items allowed"),
    ({"type": "table", "rows": [CELLS[0] * 21]}, "no more than 20 items allowed"),
    ({"type": "data_table", "rows": CELLS}, "missing required field: caption"),
    ({"type": "data_table", "caption": "A", "rows": [CELLS[0], CELLS[0] * 2]}, "must have 1 cells"),
    ({**axis_chart(), "title": "A" * 51}, "must be less than 51 characters"),
    (axis_chart(series=axis_chart()["chart"]["series"] * 2), "series name already exists: Net"),
    (
        axis_chart(axis_config={"categories": ["Mon", "Wed"]}),
        "labels must match axis_config.categories",
    ),
    (axis_chart("scatter"), "unsupported type: scatter"),
    (
        {
            "type": "data_visualization",
            "title": "A",
            "chart": {"type": "pie", "segments": [{"label": "A", "value": 0}]},
        },
        "must be greater than 0",
    ),
    ({"type": "alert", "text": mrkdwn(), "level": "loud"}, "must be a valid enum value"),
    ({"type": "container", "child_blocks": [{"type": "divider"}]}, "title or rich_text_title"),
    ({"type": "card", "subtitle": mrkdwn()}, "missing required field"),
    ({"type": "rich_text", "elements": [{"type": "text", "text": "A"}]}, "unsupported type: text"),
]


@pytest.mark.parametrize(("block", "refusal"), BAD, ids=lambda value: str(value)[:40])
def test_wrong_blocks_are_refused(block: Json, refusal: str) -> None:
    """Each limit and missing field is named."""
    errors = check_blocks([block])
    assert any(refusal in error for error in errors), errors


def test_limits_of_a_whole_message() -> None:
    """50 blocks, unique block ids, one table, two charts."""
    assert "no more than 50 items" in check_blocks([{"type": "divider"}] * 51)[0]
    twice = [{"type": "divider", "block_id": "same"}] * 2
    assert check_blocks(twice) == [
        "block_id already exists: same [json-pointer:/blocks/1/block_id]"
    ]
    assert "only one table" in check_blocks([{"type": "table", "rows": CELLS}] * 2)[0]
    assert "no more than 2 data_visualization" in check_blocks([axis_chart()] * 3)[0]


def test_what_is_no_list_of_objects_is_refused() -> None:
    """Strings, numbers and null where blocks belong are refused, not a crash."""
    assert check_blocks("section")[0].startswith("must provide an array")
    assert check_blocks(["section"])[0].startswith("must provide an object")
    assert check_blocks([{"text": "A"}])[0].startswith("missing required field: type")
    assert check_blocks([{"type": ["x"]}])[0].startswith("unsupported type")


def modal(**more: Any) -> Json:
    """A modal with one input."""
    ask = field({"type": "plain_text_input"})
    return {"type": "modal", "title": plain(), "submit": plain("Go"), "blocks": [ask], **more}


def test_correct_views_pass() -> None:
    """A modal and a home at their limits."""
    assert check_view(modal(title=plain("A" * 24), private_metadata="m" * 3000), "modal") == []
    assert check_view({"type": "home", "blocks": [{"type": "divider"}] * 100}, "home") == []


@pytest.mark.parametrize(
    ("view", "refusal"),
    [
        (modal(title=plain("A" * 25)), "less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("A" * 25)), "less than 25 characters [json-pointer:/view/submit/text]"),
        (modal(private_metadata="m" * 3001), "must be less than 3001 characters"),
        (modal(callback_id="m" * 256), "must be less than 256 characters"),
        (modal(submit=None), "missing required field: submit"),
        (modal(blocks=[{"type": "divider"}] * 101), "no more than 100 items allowed"),
        (modal(blocks=[axis_chart()]), "unsupported type: data_visualization"),
        (modal(type="home"), "must be a valid enum value: modal"),
        (
            modal(blocks=[field({"type": "plain_text_input", "focus_on_load": True})] * 2),
            "focus_on_load can only be set on one element",
        ),
        ("modal", "must provide an object"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_modals_are_refused(view: Any, refusal: str) -> None:
    """Each limit of a modal is named."""
    errors = check_view(view, "modal")
    assert any(refusal in error for error in errors), errors


def test_home_takes_no_title() -> None:
    """A Home tab has neither title nor buttons of its own."""
    errors = check_view({"type": "home", "title": plain(), "blocks": []}, "home")
    assert errors == ["invalid additional property: title [json-pointer:/view]"]
