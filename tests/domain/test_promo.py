"""Words that an affiliate can use."""

from domain.program import Program
from domain.promo import promo_words


def test_the_approved_words_are_finished_and_titled() -> None:
    """Nothing is left to fill in, and every text has a title, however many there are."""
    program = Program(
        promo_copy=("{offer} with {code}", "{product}: {link}", "c", "d"), offer_percent=25
    )
    words = promo_words(program, product="PropMine", code="MIA30", link="https://x.example/r/MIA30")
    texts = ["25% with MIA30", "PropMine: https://x.example/r/MIA30", "c", "d"]
    assert [text for _, text in words.copy] == texts
    assert all(title for title, _ in words.copy)
    assert "PropMine" in words.disclosure


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    """A product whose name holds braces keeps its name."""
    words = promo_words(Program(promo_copy=("{product}",)), product="{code}", code="MIA30", link="")
    assert words.copy[0][1] == "{code}"
