"""The stylesheet's promises that a machine can check: contrast, weight, nothing from outside."""

import re
from itertools import product
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "dashboard" / "static"
CSS = (STATIC / "desk.css").read_text()

# WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (edges of controls, focus).
TEXT_CONTRAST = 4.5
EDGE_CONTRAST = 3.0

PAGE_SURFACES = ("paper", "surface", "sunken")
TEXT = [
    *product(("ink", "soft", "brand-text", "bad-text"), PAGE_SURFACES),
    *((f"{tone}-text", f"{tone}-tint") for tone in ("brand", "wait", "bad", "info")),
    *product(("ink", "soft"), ("brand-tint",)),
    ("on-brand", "brand"),
    ("on-brand", "brand-hover"),
    ("ticket-ink", "ticket"),
    ("ticket-soft", "ticket"),
]
EDGES = [*product(("edge", "focus"), PAGE_SURFACES), ("brand", "sunken"), ("brand", "surface")]


def _palette(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", CSS, flags=re.DOTALL)
    blocks = [light] if scheme == "light" else [light, dark]
    return {
        name: value
        for block in blocks
        for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)
    }


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_wcag_defines_it() -> None:
    """Black on white is 21:1, and a grey known to just pass is where it should be."""
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), TEXT)
def test_words_are_readable_on_what_they_stand_on(scheme: str, text: str, surface: str) -> None:
    """Every text colour reaches 4.5:1 on every surface it is used on, in both schemes."""
    palette = _palette(scheme)
    assert _contrast(palette[text], palette[surface]) >= TEXT_CONTRAST


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "surface"), EDGES)
def test_controls_and_focus_can_be_seen(scheme: str, edge: str, surface: str) -> None:
    """Edges of controls, the bar and the focus ring reach 3:1, in both schemes."""
    palette = _palette(scheme)
    assert _contrast(palette[edge], palette[surface]) >= EDGE_CONTRAST


def test_pages_ask_nobody_else_for_anything() -> None:
    """Stylesheet, script and mark name no outside address and no inline data."""
    for file in STATIC.iterdir():
        words = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|//[a-z]|@import|data:|url\(", words), file.name


def test_what_every_page_loads_is_light() -> None:
    """Stylesheet, script and mark together stay under 60 kB before any compression."""
    shared = ("desk.css", "desk.js", "mark.svg")
    assert sum((STATIC / name).stat().st_size for name in shared) < 60_000
