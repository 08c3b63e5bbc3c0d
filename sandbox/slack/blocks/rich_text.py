"""Rich text: sections, lists, quotes and preformatted text, and what stands in them.

Fields: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
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
    integer,
    shape,
    string,
    url,
)

_FLAGS = (
    "bold",
    "italic",
    "strike",
    "code",
    "highlight",
    "client_highlight",
    "unlink",
    "underline",
)
STYLE = shape({}, dict.fromkeys(_FLAGS, boolean))


def _inline(**fields: Rule) -> Rule:
    return shape({"type": anything, **fields}, {"style": STYLE})


INLINE = by_type(
    {
        "text": _inline(text=string()),
        "link": shape(
            {"type": anything, "url": url()},
            {"text": string(), "unsafe": boolean, "style": STYLE},
        ),
        "user": _inline(user_id=string()),
        "usergroup": _inline(usergroup_id=string()),
        "channel": _inline(channel_id=string()),
        "team": _inline(team_id=string()),
        "broadcast": _inline(range=enum("here", "channel", "everyone")),
        "color": _inline(value=string(pattern=r"#[0-9A-Fa-f]{6}")),
        "emoji": shape(
            {"type": anything, "name": string()},
            {"unicode": string(), "skin_tone": integer(2, 6), "url": url(), "style": STYLE},
        ),
        "date": shape(
            {"type": anything, "timestamp": integer(0), "format": string()},
            {"url": url(), "fallback": string(), "style": STYLE},
        ),
    }
)

_SECTION = shape({"type": anything, "elements": array(INLINE, fewest=0)})
_OPEN = {"border": integer(0, 1)}

PART = by_type(
    {
        "rich_text_section": _SECTION,
        "rich_text_list": shape(
            {
                "type": anything,
                "style": enum("bullet", "ordered"),
                "elements": array(by_type({"rich_text_section": _SECTION})),
            },
            {"indent": integer(0, 8), "offset": integer(0), **_OPEN},
        ),
        "rich_text_preformatted": shape(
            {"type": anything, "elements": array(INLINE)}, {**_OPEN, "language": string()}
        ),
        "rich_text_quote": shape({"type": anything, "elements": array(INLINE)}, _OPEN),
    }
)

RICH_TEXT = shape({"type": anything, "elements": array(PART)}, {"block_id": string(longest=255)})


def only_rich_text(value: Any, report: Report) -> None:
    """A field that takes a rich_text object and nothing else."""
    by_type({"rich_text": RICH_TEXT})(value, report)
