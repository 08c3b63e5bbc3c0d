import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    basis_points,
    digits,
    minor_units,
    money,
    percent,
    proportion,
    share,
    split,
)


@pytest.mark.parametrize(
    ("amount", "rate_bp", "result"),
    [(2030, 2000, 406), (1, 2000, 0), (3, 5000, 2), (2, 2500, 1), (999, 10000, 999), (0, 2000, 0)],
)
def test_a_share_is_rounded_to_the_nearest_cent_and_half_goes_up(
    amount: int, rate_bp: int, result: int
) -> None:
    """One rounding, the same everywhere."""
    assert share(amount, rate_bp) == result


@given(st.integers(0, 10**15), st.integers(0, 10000))
def test_a_share_is_never_more_than_half_a_cent_off(amount: int, rate_bp: int) -> None:
    """Also of amounts that no float could hold."""
    assert abs(share(amount, rate_bp) * 10_000 - amount * rate_bp) <= 5_000
    assert 0 <= share(amount, rate_bp) <= amount


def test_no_share_is_taken_of_a_debt() -> None:
    """A negative amount is a mistake of the caller."""
    with pytest.raises(ValueError, match="debt"):
        share(-1, 2000)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (1250, "usd", "$12.50"),
        (5, "USD", "$0.05"),
        (0, "usd", "$0.00"),
        (123456789, "usd", "$1,234,567.89"),
        (2500, "eur", "€25.00"),
        (1250, "jpy", "¥1,250"),
        (1250, "clp", "CLP\N{NO-BREAK SPACE}1,250"),
        (1250, "kwd", "KWD\N{NO-BREAK SPACE}1.250"),
        (5, "bhd", "BHD\N{NO-BREAK SPACE}0.005"),
        (1250, "chf", "CHF\N{NO-BREAK SPACE}12.50"),
        (50000, "isk", "ISK\N{NO-BREAK SPACE}500.00"),
    ],
)
def test_money_reads_as_its_currency_is_written(minor: int, currency: str, shown: str) -> None:
    """Currencies with no, two and three decimals each show the amount that was meant."""
    assert money(minor, currency) == shown


def test_a_debt_carries_its_minus_before_the_sign() -> None:
    """A clawed-back balance is seen as negative, also below one whole unit."""
    assert money(-1250, "usd") == "\N{MINUS SIGN}$12.50"
    assert money(-5, "usd") == "\N{MINUS SIGN}$0.05"
    assert money(-500, "jpy") == "\N{MINUS SIGN}¥500"


@given(st.integers(), st.sampled_from(["usd", "jpy", "kwd", "sek"]))
def test_no_cent_is_lost_however_large_the_amount(minor: int, currency: str) -> None:
    """The digits shown, read back, are the amount: nothing was rounded on the way."""
    shown = money(minor, currency)
    digits = int("".join(character for character in shown if character.isdigit()))
    assert digits == abs(minor)
    assert shown.startswith("\N{MINUS SIGN}") == (minor < 0)


@pytest.mark.parametrize(
    ("basis_points", "shown"),
    [
        (2000, "20%"),
        (1250, "12.5%"),
        (1275, "12.75%"),
        (1005, "10.05%"),
        (5, "0.05%"),
        (0, "0%"),
        (10000, "100%"),
        (-250, "\N{MINUS SIGN}2.5%"),
    ],
)
def test_a_rate_shows_no_idle_zeros(basis_points: int, shown: str) -> None:
    """Basis points read as the percentage that a person would write."""
    assert percent(basis_points) == shown


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(123456, "usd", "1234.56"), (-5, "usd", "-0.05"), (700, "jpy", "700"), (-5, "kwd", "-0.005")],
)
def test_a_spreadsheet_gets_bare_digits(minor: int, currency: str, shown: str) -> None:
    """No sign of the currency, no separator, and a minus that counts as one."""
    assert digits(minor, currency) == shown


@pytest.mark.parametrize(
    ("amount", "part", "whole", "result"),
    [(580, 1160, 2320, 290), (1, 1, 2, 1), (1, 1, 3, 0), (5, 0, 9, 0), (5, 9, 0, 0), (5, 9, 3, 5)],
)
def test_a_proportion_is_rounded_like_a_share(
    amount: int, part: int, whole: int, result: int
) -> None:
    """And never more than the amount."""
    assert proportion(amount, part, whole) == result


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=6))
def test_parts_add_up_to_what_is_split(amount: int, weights: list[int]) -> None:
    """To the cent, whatever the weights; none is more than a cent from its due."""
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert len(parts) == len(weights)
    due = weights if sum(weights) else [1] * len(weights)
    for part, weight in zip(parts, due, strict=True):
        assert abs(part * sum(due) - amount * weight) <= sum(due)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("10", "usd", 1000),
        (" 10.5 ", "usd", 1050),
        ("10.50", "USD", 1050),
        ("0.05", "eur", 5),
        ("500", "jpy", 500),
        ("500.00", "jpy", 500),
        ("1.25", "kwd", 1250),
        ("999999999999", "usd", 99999999999900),
    ],
)
def test_an_amount_is_read_as_it_is_typed(typed: str, currency: str, amount: int) -> None:
    """To the cent, with as many decimals as the currency has."""
    assert minor_units(typed, currency) == amount


@pytest.mark.parametrize(
    "typed", ["", "ten", "1,000", "10,50", "-1", "1e3", "10.", ".5", "10.505", "٣", "1 0", "$10"]
)
def test_what_could_mean_something_else_is_no_amount(typed: str) -> None:
    """Money is not guessed at."""
    with pytest.raises(ValueError, match=r"point"):
        minor_units(typed, "usd")


@given(st.integers(0, 10**11), st.sampled_from(["usd", "jpy", "kwd"]))
def test_what_is_shown_can_be_typed_again(amount: int, currency: str) -> None:
    """An edited form keeps the amount."""
    assert minor_units(digits(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("typed", "rate_bp"),
    [("25", 2500), ("12.5", 1250), (" 12.50 % ", 1250), ("0.05", 5), ("0", 0), ("100", 10000)],
)
def test_a_rate_can_be_typed_as_people_write_it(typed: str, rate_bp: int) -> None:
    """With or without the sign, to a hundredth of a percent."""
    assert basis_points(typed) == rate_bp


@pytest.mark.parametrize("typed", ["", "%", "12,5", "1.005", "-5", "1e2", "100.01", "٢٥", "25 30"])
def test_what_is_no_rate_is_refused_in_words(typed: str) -> None:
    """Instead of being read as something else."""
    with pytest.raises(ValueError, match="percent"):
        basis_points(typed)


@given(st.integers(0, 10000))
def test_a_rate_reads_as_it_is_typed(rate_bp: int) -> None:
    """What a form shows can be sent back unchanged."""
    assert basis_points(percent(rate_bp)) == rate_bp
