"""The emoji names that cards commonly use; others stay as typed."""

import json
import re
from pathlib import Path

EMOJI: dict[str, str] = json.loads(
    (Path(__file__).parent / "emoji.json").read_text(encoding="utf-8")
)
# Signs that cards lean on are drawn by the stylesheet: not every machine has an emoji font.
_DRAWN = {
    "white_check_mark": ("tick", "✓"),
    "heavy_check_mark": ("tick", "✓"),
    "x": ("cross", "✕"),
    "no_entry": ("cross", "−"),  # noqa: RUF001 - a minus sign is meant
    "warning": ("care", "!"),
    "large_green_circle": ("dot green", ""),
    "large_red_circle": ("dot red", ""),
    "red_circle": ("dot red", ""),
    "large_yellow_circle": ("dot yellow", ""),
    "large_orange_circle": ("dot orange", ""),
    "large_blue_circle": ("dot blue", ""),
    "white_circle": ("dot white", ""),
}
_NAME = re.compile(r":([a-z0-9_+-]+):")


def emoji(shown: str) -> str:
    """Known `:names:` in a piece of escaped HTML as emoji; unknown ones stay as typed."""
    return _NAME.sub(_sign, shown)


def _sign(match: re.Match[str]) -> str:
    name = match[1]
    if name not in EMOJI:
        return match[0]
    if name not in _DRAWN:
        return EMOJI[name]
    look, sign = _DRAWN[name]
    words = name.replace("_", " ")
    return f'<span class="emoji {look}" role="img" aria-label="{words}">{sign}</span>'
