"""Ready-made words are filled in, and never more than once."""

from domain.program import Program, fill_in

WORDS = {"product": "PropMine", "code": "{link}", "offer": "30%", "link": "https://x.example/r/A"}


def test_words_are_put_in_once() -> None:
    """Braces that an affiliate's own words bring along stay what they are."""
    text = "{product}: {offer} with {code} at {link}, {unknown} {0} {"
    expected = "PropMine: 30% with {link} at https://x.example/r/A, {unknown} {0} {"
    assert fill_in(text, WORDS) == expected


def test_the_words_a_program_comes_with_leave_nothing_open() -> None:
    """Every default text is whole once it is filled in."""
    words = WORDS | {"code": "MIA30"}
    for text in (Program().disclosure, *Program().promo_copy):
        assert "{" not in fill_in(text, words)
