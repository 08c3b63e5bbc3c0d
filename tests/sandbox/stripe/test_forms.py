import pytest

from sandbox.stripe.forms import nest
from sandbox.stripe.refusals import RefusalError


def test_brackets_become_nested_hashes() -> None:
    """Names with brackets are read back as the hashes and lists that they were."""
    assert nest(
        [
            ("code", "X"),
            ("metadata[a b]", "é"),
            ("discounts[0][promotion_code]", "promo_1"),
            ("expand[]", "a"),
            ("expand[]", "b"),
        ]
    ) == {
        "code": "X",
        "metadata": {"a b": "é"},
        "discounts": {"0": {"promotion_code": "promo_1"}},
        "expand": {"0": "a", "1": "b"},
    }


@pytest.mark.parametrize("name", ["", "[a]", "a[b", "a]b[", "a[b]c", "a[[b]]"])
def test_brackets_that_do_not_match_are_refused(name: str) -> None:
    """A name that cannot be read is an error, not a guess."""
    with pytest.raises(RefusalError, match="cannot be read"):
        nest([(name, "1")])


def test_a_name_is_a_value_or_a_hash() -> None:
    """One name cannot be both."""
    with pytest.raises(RefusalError, match="both a value and a hash"):
        nest([("a", "1"), ("a[b]", "2")])
