"""No post leaves that hides who earns, sends people elsewhere, promises profit or lies of hurry."""

from typing import Final

import pytest

from domain.errors import InvalidError
from domain.program import Program
from domain.promo_channels import CHANNELS
from domain.promo_checks import check, require_publishable
from tests.promo_builders import DISCLOSURE, finished, owed

LINK: Final = owed().link
END: Final = f"\n{LINK}\n{DISCLOSURE}"


def broken(text: str, channel: str = "x", title: str = "A title") -> list[str]:
    """The rules that a text breaks."""
    return [found.rule for found in check(finished(channel, title, text)) if found.problem]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (f"Look at this. Code JARED30.{END}", []),
        (f"({LINK}), as promised. {DISCLOSURE.upper()}", []),
        (f"Look at this.\n{LINK}", ["Says that you earn"]),
        (f"Look at this.\n{LINK}\nI am an affiliate.", ["Says that you earn"]),
        (f"Look at this.\n{DISCLOSURE}", ["Holds your link"]),
        (f"https://desk.example/r/JARED30x {DISCLOSURE}", ["Holds your link"]),
        (f"{LINK}.evil.example {DISCLOSURE}", ["Holds your link"]),
        (f"Use Jared30.{END}", ["Spells your code right"]),
        (f"Use code JARED3O.{END}", ["Spells your code right"]),
        (f"Use code: “MIA30”.{END}", ["Spells your code right"]),
        (f"Profit from JARED31, or JARED-30.{END}", ["Spells your code right"]),
        (f"JARED30 is for the NBA, MLB and NFL in 2030.{END}", []),
        (f"Guaran\u200bteed profit.{END}", ["Promises no results"]),
        (f"You can’t lose.{END}", ["Promises no results"]),  # noqa: RUF001 - as phones write it
        (f"Only 3 codes left!{END}", ["Invents no hurry"]),
        (f"ACT  NOW{END}", ["Invents no hurry"]),
        (f"This ends tonight.{END}", ["Invents no hurry"]),
        (f"My last\nchance for you{END}", ["Invents no hurry"]),
        (f"It is the only one I know that has any odds left.{END}", []),
        (" ", ["Says that you earn", "Holds your link", "Fits the channel"]),
    ],
)
def test_each_rule_finds_what_it_is_for(text: str, rules: list[str]) -> None:
    """Letter case, line breaks and invisible letters hide nothing; honest words pass."""
    assert broken(text) == rules


def test_what_is_folded_away_discloses_nothing() -> None:
    """Where only the beginning is shown, the disclosure stands there."""
    for channel, rules in (("facebook", []), ("instagram", ["Says that you earn"])):
        late = f"{'Look at this. ' * 12}\n{owed(channel).link}\n{DISCLOSURE}"
        assert broken(late, channel) == rules


def test_a_title_is_needed_where_the_channel_has_one() -> None:
    """A mail without a subject, and one with a whole novel for it."""
    good = finished("newsletter")
    assert broken(good.text, "newsletter", " ") == ["Has a title"]
    assert broken(good.text, "newsletter", "a" * 101) == ["Has a title"]
    assert broken(good.text, "newsletter", "Guaranteed profit") == ["Promises no results"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("abc é ж", 7),
        ("日本", 4),
        ("🎉", 2),
        ("https://a.example/" + "x" * 300, 23),
        ("See https://a.example/b, and http://c.example.", 4 + 23 + 6 + 23 + 1),
    ],
)
def test_x_counts_links_and_wide_letters_its_own_way(text: str, length: int) -> None:
    """A link is 23 characters however long it is; wide letters and emoji are two."""
    assert CHANNELS["x"].length(text) == length


def test_a_text_of_the_whole_limit_fits_and_one_more_does_not() -> None:
    """280 characters, counted as X does."""
    rest = CHANNELS["x"].length(END)
    assert broken("a" * (280 - rest) + END) == []
    assert broken("a" * (281 - rest) + END) == ["Fits the channel"]


def test_an_offer_of_everything_is_no_promise() -> None:
    """A program that gives the first purchase away may say so."""
    program = Program(offer_percent=100)
    post = owed(program=program).post(CHANNELS["x"], "", f"100% off with JARED30.{END}")
    assert [found.rule for found in check(post) if found.problem] == []


def test_a_refusal_says_everything_that_is_wrong() -> None:
    """One sentence for each broken rule, not only the first."""
    with pytest.raises(InvalidError) as refusal:
        require_publishable(finished(text="A sure win. Hurry up!"))
    for part in ("disclosure", LINK, "“sure win”", "“hurry up”"):
        assert part in str(refusal.value)
