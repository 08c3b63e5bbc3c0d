"""Colors that can be read: contrast as WCAG 2.2 defines it, and shades that reach it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BLACK: Final = "#000000"
WHITE: Final = "#ffffff"
TEXT: Final = 4.5
"""The contrast that text needs to what it stands on (success criterion 1.4.3)."""

_HEX: Final = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})")
_STEPS: Final = 50
_LINEAR_BELOW: Final = 0.04045


def parse(text: str) -> str | None:
    """A color as `#rrggbb`, also from `#abc` or without `#`; None where the text is none."""
    found = _HEX.fullmatch(text.strip().lower())
    if found is None:
        return None
    digits = found[1]
    return "#" + (digits if len(digits) == len(WHITE) - 1 else "".join(d * 2 for d in digits))


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(color: str) -> str:
    """Black or white, whichever reads better on a color; always at least 4.58:1."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, color))


def mixed(color: str, other: str, part: float) -> str:
    """A color with `part` (0 to 1) of another in it."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def readable(color: str, on: Iterable[str], needed: float = TEXT) -> str:
    """The color itself, or the nearest shade of it that has the `needed` contrast on all of `on`.

    A shade goes towards black or white, whichever the surfaces need.
    """
    surfaces = tuple(on)
    target = min((WHITE, BLACK), key=lambda ink: -min(contrast(ink, one) for one in surfaces))
    shades = (mixed(color, target, step / _STEPS) for step in range(_STEPS + 1))
    return next(
        (shade for shade in shades if min(contrast(shade, one) for one in surfaces) >= needed),
        target,
    )


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a color becomes on a light or a dark page: a tinted ground, and words in the color."""

    ground: str
    surface: str
    text: str


@dataclass(frozen=True, slots=True)
class Theme:
    """Everything that a page in somebody's color is drawn with; every pair can be read."""

    accent: str
    on_accent: str
    light: Scheme
    dark: Scheme

    @property
    def was_changed(self) -> bool:
        """Whether words had to take another shade on the light page."""
        return self.light.text != self.accent


def theme(color: str) -> Theme:
    """The theme of a color that `parse` has read."""
    return Theme(color, ink_on(color), _scheme(color, WHITE, 0.93), _scheme(color, "#191b1f", 0.94))


def _scheme(color: str, surface: str, away: float) -> Scheme:
    base = surface if surface == WHITE else "#101114"
    ground = mixed(color, base, away)
    return Scheme(ground, surface, readable(color, (ground, surface)))


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    red, green, blue = (
        c / 12.92 if c <= _LINEAR_BELOW else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
