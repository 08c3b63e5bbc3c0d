"""Whatever color an affiliate likes, their page can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import colors

anything = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_computed_as_wcag_defines_it() -> None:
    """Black on white is 21:1, and a grey known to just pass is where it should be."""
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("#0E5A45", "#0e5a45"),
        (" 0e5a45 ", "#0e5a45"),
        ("#fa0", "#ffaa00"),
        ("red", None),
        ("#12345", None),
        ("#0e5a45;}body{", None),
        ("url(//evil)", None),
        ("", None),
        ("#١٢٣٤٥٦", None),
    ],
)
def test_only_a_color_is_read_as_one(typed: str, read: str | None) -> None:
    """Six digits or three; nothing that could become anything else in a stylesheet."""
    assert colors.parse(typed) == read


@given(anything)
def test_every_color_becomes_a_theme_that_can_be_read(color: str) -> None:
    """Words on the color, and words in the color on the page, reach 4.5:1 in both schemes."""
    made = colors.theme(color)
    assert colors.contrast(made.on_accent, made.accent) >= 4.5
    for scheme in (made.light, made.dark):
        assert colors.contrast(scheme.text, scheme.ground) >= 4.5
        assert colors.contrast(scheme.text, scheme.surface) >= 4.5


def test_a_color_that_can_be_read_stays_as_it_is() -> None:
    """Only what could not be read is changed."""
    assert not colors.theme("#0e5a45").was_changed
    assert colors.theme("#0e5a45").light.text == "#0e5a45"
    assert colors.theme("#ffe600").was_changed
