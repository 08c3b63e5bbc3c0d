"""The vocabulary of cards: Block Kit's pieces, made so that no outside text can break out.

Outside text goes into `plain_text` and `rich_text` only, where Slack reads no markup, and is
cut to fit. Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Message = tuple[str, list[Json]]
"""A fallback text, escaped for Slack, and the blocks that are shown."""

HEADER_MAX = 70
"""Half of Slack's 150 and less, since an emoji may count as two."""
BUTTON_MAX = 75
LINK_MAX = 2000

_BREAKS = re.compile(r"\s+")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_HALF = "\u200d\ufe0e\ufe0f\u20e3"


def clean(text: str, longest: int = 300, *, lines: bool = False) -> str:
    """Outside text as it may be shown: on one line unless `lines`, at most `longest` characters.

    Control characters go, and with them those that turn the direction of what follows.
    """
    seen = _UNSEEN.sub("", text.replace("\r\n", "\n"))
    seen = seen.strip() if lines else _BREAKS.sub(" ", seen).strip()
    if len(seen) <= longest:
        return seen
    return seen[: longest - 1].rstrip(_HALF).rstrip() + "…"


def escaped(text: str) -> str:
    """Text for the one place that Slack reads as markup: the fallback beside the blocks.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, longest: int = 300) -> Json:
    """A text object without any markup, not even `:smile:`."""
    return {"type": "plain_text", "text": clean(text, longest) or "—", "emoji": False}


def header(text: str) -> Json:
    """A headline."""
    return {"type": "header", "text": plain(text, HEADER_MAX)}


def divider() -> Json:
    """A thin line."""
    return {"type": "divider"}


def words(text: str, longest: int = 300, *, bold: bool = False, lines: bool = False) -> Json:
    """A piece of rich text."""
    piece: Json = {"type": "text", "text": clean(text, longest, lines=lines) or "—"}
    return piece | ({"style": {"bold": True}} if bold else {})


def said(text: str, *, bold: bool = False) -> Json:
    """A piece of rich text of our own wording, with its spaces and line breaks."""
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


def code(text: str) -> Json:
    """A piece of rich text in the look of something to type."""
    return words(text) | {"style": {"code": True}}


def address(url: str) -> Json:
    """A link if `url` is a web address, otherwise the bare text of it."""
    shown = clean(url, 120)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or len(url) > LINK_MAX or url != clean(url, LINK_MAX) or " " in url:
        return words(url, 120)
    return {"type": "link", "url": url, "text": shown}


def when(moment: datetime) -> Json:
    """A moment, which Slack shows in the reader's own time zone."""
    return {
        "type": "date",
        "timestamp": max(0, int(moment.timestamp())),
        "format": "{date_short_pretty} at {time}",
        "fallback": f"{moment:%Y-%m-%d %H:%M} UTC",
    }


def sign(*, good: bool) -> Json:
    """The tick or the flag before a line."""
    return {"type": "emoji", "name": "white_check_mark" if good else "warning"}


def section(*pieces: Json) -> Json:
    """A paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(pieces)}


def quote(*pieces: Json) -> Json:
    """What somebody else said."""
    return {"type": "rich_text_quote", "elements": list(pieces)}


def bullets(*items: Json) -> Json:
    """A list of paragraphs."""
    return {"type": "rich_text_list", "style": "bullet", "elements": list(items)}


def rich(*parts: Json) -> Json:
    """A block of paragraphs, quotes and lists."""
    return {"type": "rich_text", "elements": list(parts)}


def button(
    text: str, action_id: str, value: str, *, style: str = "", confirm: Json | None = None
) -> Json:
    """A button; `style` is primary or danger."""
    made: Json = {
        "type": "button",
        "action_id": action_id,
        "text": plain(text, BUTTON_MAX),
        "value": value,
    }
    return made | ({"style": style} if style else {}) | ({"confirm": confirm} if confirm else {})


def row(title: str, about: str, pressed: Json) -> Json:
    """A line of a list: a title, a line about it, and a button beside them."""
    text = f"{clean(title, 100) or '—'}\n{clean(about)}".strip()
    shown = {"type": "plain_text", "text": text, "emoji": False}
    return {"type": "section", "text": shown, "accessory": pressed}


def confirmation(title: str, text: str, yes: str) -> Json:
    """The question that a button asks before it acts."""
    return {
        "title": plain(title, 50),
        "text": plain(text, 150),
        "confirm": plain(yes, 30),
        "deny": plain("Cancel"),
    }


def actions(*buttons: Json) -> Json:
    """A row of buttons and menus."""
    return {"type": "actions", "elements": list(buttons)}


def asked(label: str, element: Json, *, block_id: str, hint: str = "") -> Json:
    """A field of a form. Slack keeps what was typed for as long as `block_id` stays the same."""
    made: Json = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": element,
    }
    return made | ({"hint": plain(hint)} if hint else {})


def searched(action_id: str, label: str, hint: str, text: str, longest: int) -> Json:
    """A field in the App Home that searches when Enter is pressed; `text` is what is looked for."""
    text = clean(text, longest)
    field: Json = {
        "type": "plain_text_input",
        "action_id": action_id,
        "max_length": longest,
        "placeholder": plain(hint),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    if text:
        field["initial_value"] = text
    # Named after what is looked for: Slack would otherwise keep what was typed before.
    made = asked(label, field, block_id=f"{action_id}:{text}"[:200])
    return made | {"dispatch_action": True, "optional": True}
