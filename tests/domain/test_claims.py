"""Promises that the terms rule out are found however they are written."""

import pytest

from domain.claims import risky_words
from domain.program import Program


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GUARANTEED profits", ["guarantee"]),
        ("It is risk\n free", ["risk free"]),
        ("You can’t lose", ["can't lose"]),  # noqa: RUF001 - as phones write it
        ("Ｇｕａｒａｎｔｅｅ", ["guarantee"]),  # noqa: RUF001 - wide letters
        ("guar\u200bantee", ["guarantee"]),
        ("An honest review of what I use", []),
        ("No unguaranteed words here", []),
    ],
)
def test_what_is_a_promise(text: str, found: list[str]) -> None:
    """Letter case, line breaks, apostrophes, wide letters and invisible ones hide nothing."""
    assert risky_words(text, Program()) == found
