"""What a page shows of a code, a link and a disclosure."""

import pytest

from domain.disclosure import look, read
from domain.program_values import DISCLOSURE_WORDS


@pytest.mark.parametrize(
    "html",
    [
        "<p>Use JARED30 for 30% off</p>",
        "<p>Use <b>JARED30</b>!</p>",
        '<a href="https://desk.example/r/jared30?src=blog">Get it</a>',
        '<a href="https://propmine.example/?a=1&amp;ref=JARED30">Get it</a>',
        '<p>JARED30</p><script>var x = "affiliate"</script>',
        '<p>JARED30</p><a rel="sponsored" href="https://x.example">x</a>',
        "<p>JARED30 <!-- sponsored --></p>",
        "<head><meta name=x content=sponsored><title>affiliate</title></head><p>JARED30</p>",
    ],
)
def test_a_page_that_promotes_without_a_word_of_it(html: str) -> None:
    """What readers do not see discloses nothing."""
    seen = look(read(html), ["JARED30"], DISCLOSURE_WORDS)
    assert seen.promotes
    assert not seen.disclosed


@pytest.mark.parametrize(
    "words", ["I earn a commission", "#ad", "SPONSORED by PropMine", "Werbung", "Affiliate link"]
)
def test_a_word_of_it_is_enough(words: str) -> None:
    """In any letter case, also in the text of a picture."""
    for html in (f"<p>JARED30</p><small>{words}</small>", f'<img alt="{words}"><p>JARED30</p>'):
        assert look(read(html), ["JARED30"], DISCLOSURE_WORDS).disclosed


@pytest.mark.parametrize(
    "html",
    [
        "<p>Nothing here</p>",
        "<p>JARED300 and XJARED30 and JARED30-B</p>",
        "<p>jared30 is my nickname</p>",
        '<a href="https://desk.example/r/JARED300">x</a>',
        "<script>JARED30</script>",
        "",
        "<" * 500,
    ],
)
def test_what_is_not_their_code_promotes_nothing(html: str) -> None:
    """Then nothing is missing."""
    assert look(read(html), ["JARED30"], DISCLOSURE_WORDS).promotes == ""


def test_the_words_around_are_the_evidence() -> None:
    """Cut to what is needed."""
    seen = look(read(f"<p>{'a ' * 500}JARED30{' b' * 500}</p>"), ["JARED30"], ())
    assert 200 < len(seen.promotes) < 300
    assert "JARED30" in seen.promotes
