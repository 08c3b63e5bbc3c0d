"""Layout blocks: every block that a message, a modal or an App Home may hold.

Fields and limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from typing import Any

from sandbox.slack.blocks.composition import SLACK_FILE, plain, text
from sandbox.slack.blocks.data import CHART, DATA_TABLE, TABLE
from sandbox.slack.blocks.elements import (
    ANSWERS,
    BUTTONS,
    CHOOSERS,
    DATETIME,
    FILES,
    IMAGE,
    MULTI_SELECTS,
    PICKERS,
    SELECTS,
    WRITTEN,
)
from sandbox.slack.blocks.rich_text import RICH_TEXT, only_rich_text
from sandbox.slack.blocks.rules import (
    Report,
    Rule,
    anything,
    array,
    boolean,
    by_type,
    enum,
    not_both,
    one_of,
    shape,
    string,
    url,
)

BLOCK_ID: dict[str, Rule] = {"block_id": string(longest=255)}


def block(required: dict[str, Rule], optional: dict[str, Rule] | None = None, *also: Rule) -> Rule:
    """A block with these fields beside its type and id."""
    return shape({"type": anything, **required}, {**(optional or {}), **BLOCK_ID}, *also)


_IN_SECTION = by_type(
    {"image": IMAGE, **BUTTONS, **SELECTS, **MULTI_SELECTS, **CHOOSERS, **PICKERS}
)
_IN_ACTIONS = by_type({**BUTTONS, **SELECTS, **MULTI_SELECTS, **CHOOSERS, **PICKERS, **DATETIME})
_IN_INPUT = by_type(
    {**SELECTS, **MULTI_SELECTS, **CHOOSERS, **PICKERS, **DATETIME, **WRITTEN, **FILES}
)


def _in_context(value: Any, report: Report) -> None:
    if isinstance(value, dict) and value.get("type") == "image":
        IMAGE(value, report)
    else:
        text()(value, report)


_TASK: dict[str, Rule] = {
    "task_id": string(longest=255),
    "title": string(),
    "status": enum("pending", "in_progress", "complete", "error"),
}
_TASK_MORE: dict[str, Rule] = {
    "details": only_rich_text,
    "output": only_rich_text,
    "sources": array(shape({"type": enum("url"), "url": url(), "text": string()})),
}
TASK_CARD = block(_TASK, _TASK_MORE)
CARD = block(
    {},
    {
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": array(by_type(BUTTONS), most=5),
    },
    one_of("hero_image", "title", "actions", "body"),
)

PLAIN_BLOCKS: dict[str, Rule] = {
    "section": block(
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), most=10),
            "accessory": _IN_SECTION,
            "expand": boolean,
        },
        one_of("text", "fields"),
    ),
    "divider": block({}),
    "header": block({"text": plain(150)}),
    "image": block(
        {"alt_text": string(longest=2000)},
        {"image_url": url(), "slack_file": SLACK_FILE, "title": plain(2000)},
        one_of("image_url", "slack_file"),
        not_both("image_url", "slack_file"),
    ),
    "actions": block({"elements": array(_IN_ACTIONS, most=25)}),
    "context": block({"elements": array(_in_context, most=10)}),
    "input": block(
        {"label": plain(2000), "element": _IN_INPUT},
        {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": RICH_TEXT,
    "video": block(
        {
            "alt_text": string(),
            "title": plain(199),
            "thumbnail_url": url(),
            "video_url": url(),
        },
        {
            "author_name": string(longest=50),
            "description": plain(200),
            "provider_icon_url": url(),
            "provider_name": string(),
            "title_url": url(),
        },
    ),
    "alert": block(
        {"text": text()},
        {"level": enum("default", "info", "warning", "error", "success")},
    ),
    "card": CARD,
    "carousel": block({"elements": array(by_type({"card": CARD}), most=10)}),
}

MESSAGE_BLOCKS: dict[str, Rule] = {
    "markdown": block({"text": string(longest=12_000)}),
    "context_actions": block({"elements": array(by_type(ANSWERS), most=5)}),
    "table": TABLE,
    "data_table": DATA_TABLE,
    "data_visualization": CHART,
    "task_card": TASK_CARD,
    "plan": block({"title": string()}, {"tasks": array(by_type({"task_card": TASK_CARD}))}),
    "file": block({"external_id": string(), "source": enum("remote")}),
    "call": block({"call_id": string()}, {"api_decoration_available": boolean, "call": anything}),
}


def _divider_or_fold(value: dict[str, Any], report: Report) -> None:
    if value.get("is_collapsible") and value.get("has_header_divider"):
        report.add("has_header_divider cannot be set when is_collapsible is true")


def container(inner: Rule) -> Rule:
    """A container of up to ten blocks, each obeying `inner`."""
    return block(
        {"child_blocks": array(inner, most=10)},
        {
            "title": plain(150),
            "rich_text_title": only_rich_text,
            "subtitle": text(150),
            "width": enum("narrow", "standard", "wide", "full"),
            "icon": IMAGE,
            "is_collapsible": boolean,
            "default_collapsed": boolean,
            "has_header_divider": boolean,
        },
        one_of("title", "rich_text_title"),
        _divider_or_fold,
    )


_INSIDE = by_type({**PLAIN_BLOCKS, **MESSAGE_BLOCKS})
IN_MESSAGE = by_type({**PLAIN_BLOCKS, **MESSAGE_BLOCKS, "container": container(_INSIDE)})
IN_VIEW = by_type({**PLAIN_BLOCKS, "container": container(by_type(PLAIN_BLOCKS))})
