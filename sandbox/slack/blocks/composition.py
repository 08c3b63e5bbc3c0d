"""Composition objects: text, options, confirmation dialogs, filters.

Limits: https://docs.slack.dev/reference/block-kit/composition-objects
"""

from typing import Any

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


def text(longest: int = 3000, *, plain_only: bool = False, mrkdwn_only: bool = False) -> Rule:
    """A text object of at most `longest` characters."""
    content = string(longest=longest)
    plain = shape({"type": anything, "text": content}, {"emoji": boolean})
    mrkdwn = shape({"type": anything, "text": content}, {"verbatim": boolean})
    if plain_only:
        return by_type({"plain_text": plain})
    if mrkdwn_only:
        return by_type({"mrkdwn": mrkdwn})
    return by_type({"plain_text": plain, "mrkdwn": mrkdwn})


def plain(longest: int) -> Rule:
    """A plain_text object of at most `longest` characters."""
    return text(longest, plain_only=True)


CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": enum("primary", "danger")},
)


def option(*, plain_text: bool = True, url_allowed: bool = False) -> Rule:
    """An option object; only overflow menus may carry a link."""
    optional: dict[str, Rule] = {"description": plain(75) if plain_text else text(75)}
    if url_allowed:
        optional["url"] = url()
    return shape(
        {"text": plain(75) if plain_text else text(75), "value": string(longest=150)}, optional
    )


OPTION_GROUP = shape({"label": plain(75), "options": array(option(), most=100)})


def _known_choice(value: dict[str, Any], report: Report) -> None:
    """An initial option must be one of the options, letter by letter."""
    groups = value.get("option_groups") or []
    offered = list(value.get("options") or [])
    for group in groups:
        if isinstance(group, dict) and isinstance(group.get("options"), list):
            offered += group["options"]
    chosen = value.get("initial_options") or []
    if value.get("initial_option") is not None:
        chosen = [value["initial_option"]]
    if not offered or not isinstance(chosen, list):
        return
    for index, choice in enumerate(chosen):
        if choice not in offered:
            where = "initial_option" if "initial_option" in value else f"initial_options/{index}"
            report.at(where).add("must be one of the provided options")


def _unique_values(value: dict[str, Any], report: Report) -> None:
    options = value.get("options")
    if not isinstance(options, list):
        return
    seen: set[str] = set()
    for index, choice in enumerate(options):
        key = choice.get("value") if isinstance(choice, dict) else None
        if isinstance(key, str) and key in seen:
            report.at("options", index, "value").add(f"option value already exists: {key}")
        elif isinstance(key, str):
            seen.add(key)


CHOICES: tuple[Rule, ...] = (_known_choice, _unique_values)
GROUPED_CHOICES: tuple[Rule, ...] = (
    one_of("options", "option_groups"),
    not_both("options", "option_groups"),
    *CHOICES,
)

FILTER = shape(
    {},
    {
        "include": array(enum("im", "mpim", "private", "public"), most=4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)

DISPATCH = shape(
    {"trigger_actions_on": array(enum("on_enter_pressed", "on_character_entered"), most=2)}
)

SLACK_FILE = shape({}, {"id": string(longest=255), "url": url()}, one_of("id", "url"))
