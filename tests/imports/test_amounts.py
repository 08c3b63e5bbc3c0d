"""Amounts as exports write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import decimals, digits, money
from imports.amounts import in_units, parse

CURRENCIES = st.sampled_from(["usd", "eur", "jpy", "kwd", "gbp", "brl"])
AMOUNTS = st.integers(-(10**11), 10**11)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("$1,250.00", "usd", 125000),
        ("1.250,00 €", "eur", 125000),
        ("1\u202f250,50", "eur", 125050),
        ("1'250.50", "chf", 125050),
        ("(12.50)", "usd", -1250),
        ("-$3.5", "usd", -350),
        ("$-3.50", "usd", -350),
        ("\N{MINUS SIGN}12.00", "usd", -1200),
        ("12,50", "eur", 1250),
        ("1,250", "usd", 125000),
        ("3,000", "jpy", 3000),
        ("9.000", "kwd", 9000),
        ("12.5000", "usd", 1250),
        ("12.50 USD", "usd", 1250),
        ("CA$12.50", "cad", 1250),
        (".5", "usd", 50),
        ("1250", "usd", 1250),
    ],
)
def test_amounts_are_read_to_the_cent(text: str, currency: str, amount: int) -> None:
    """However they are written."""
    assert parse(text, currency, whole_is_minor=True) == amount


@pytest.mark.parametrize(
    "text",
    [
        *("1.250", "0.125", "1E5", "--1", "1.25.0", "", "abc", "٣", "1,2,3", "12 50", "$", "NaN"),
        *("1,23,456.00", "9" * 40, "12.50 or so", "=1+1"),
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    """What could mean two things, or nothing, is refused with a sentence."""
    with pytest.raises(ValueError, match=r"[.]$"):
        parse(text, "usd", whole_is_minor=True)


def test_whole_numbers_count_what_is_said() -> None:
    """Cents, or the currency's own units."""
    assert parse("1250", "usd", whole_is_minor=True) == 1250
    assert parse("1250", "usd", whole_is_minor=False) == 125000
    assert parse("$1250", "usd", whole_is_minor=True) == 125000
    assert (in_units("1250"), in_units("-1250"), in_units("$1250"), in_units("12.5")) == (
        False,
        False,
        True,
        True,
    )


@given(AMOUNTS, CURRENCIES)
def test_what_we_write_we_read(amount: int, currency: str) -> None:
    """As a person reads it, and as a spreadsheet does."""
    assert parse(digits(amount, currency), currency, whole_is_minor=False) == amount
    if decimals(currency) or abs(amount) < 1000:
        assert parse(money(amount, currency), currency, whole_is_minor=False) == amount


@given(st.text(max_size=20), CURRENCIES, st.booleans())
def test_any_text_is_an_amount_or_a_sentence(text: str, currency: str, minor: bool) -> None:  # noqa: FBT001 - hypothesis names it
    """Nothing else is raised."""
    try:
        found: object = parse(text, currency, whole_is_minor=minor)
    except ValueError as error:
        found = str(error)
    assert isinstance(found, int) or found
