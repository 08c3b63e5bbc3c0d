"""The emoji names that cards commonly use; others stay as typed."""

import json
import re
from pathlib import Path

EMOJI: dict[str, str] = json.loads(
    (Path(__file__).parent / "emoji.json").read_text(encoding="utf-8")
)
# Signs that cards lean on are drawn by the stylesheet: not every machine has an emoji font.
_TICK = '<path d="M2.8 6.4 5 8.6l4.2-5"/>'
_CROSS = '<path d="m3.2 3.2 5.6 5.6m0-5.6-5.6 5.6"/>'
_DRAWN = {
    "white_check_mark": ("green", _TICK),
    "heavy_check_mark": ("green", _TICK),
    "x": ("red", _CROSS),
    "no_entry": ("red round", '<path d="M3 6h6"/>'),
    "warning": ("amber", '<path d="M6 2.6v4m0 2.6v.2"/>'),
    "large_green_circle": ("green round", ""),
    "large_red_circle": ("red round", ""),
    "red_circle": ("red round", ""),
    "large_yellow_circle": ("amber round", ""),
    "large_orange_circle": ("orange round", ""),
    "large_blue_circle": ("blue round", ""),
    "white_circle": ("white round", ""),
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
    named = f'viewBox="0 0 12 12" role="img" aria-label="{words}"'
    return f'<svg class="emoji {look}" {named}>{sign}</svg>'
