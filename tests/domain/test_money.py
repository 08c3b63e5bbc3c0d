import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import share


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
