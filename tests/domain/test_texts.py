import pytest

from domain.errors import InvalidError
from domain.texts import REASON_MAX, keepable, printable, require_reason


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Jared 🎰 <b>جاريد</b>", "Jared 🎰 <b>جاريد</b>"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        ("cut \ud83d", "cut \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_text_is_kept_but_for_what_no_database_takes(text: str, kept: str) -> None:
    """Emoji, right-to-left text and HTML stay as typed; NUL and half characters are replaced."""
    assert keepable(text) == kept
    assert keepable(text).encode()


def test_a_reason_is_some_words_and_not_too_many() -> None:
    """It is mailed: spaces around it go, and no empty mail is written."""
    assert require_reason("  Not a fit.\n") == "Not a fit."
    assert require_reason("x" * REASON_MAX) == "x" * REASON_MAX
    for bad in ("", "  \n", "x" * (REASON_MAX + 1)):
        with pytest.raises(InvalidError) as error:
            require_reason(bad)
        assert set(error.value.fields) == {"reason"}


def test_a_terminal_is_told_nothing_but_letters() -> None:
    """What would colour it, ring, go back or turn text around is seen to have been there."""
    assert printable("a\x1b[2Jb\x07\u202ec") == "a\ufffd[2Jb\ufffd\ufffdc"
    assert printable("10\u00a0000\tZoë 😀\r\n") == "10 000 Zoë 😀  "
