import pytest

from domain.spreadsheets import inert


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\N{FULLWIDTH EQUALS SIGN}1", " =1", "\t=1", "\r=1", "\nA"],
)
def test_what_begins_a_formula_is_text(text: str) -> None:
    """A leading apostrophe, which spreadsheets do not show."""
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Mia", "a=1", "1-2", "Customer …=1+1"])
def test_other_text_stays(text: str) -> None:
    """Nothing is added where nothing is wrong."""
    assert inert(text) == text
