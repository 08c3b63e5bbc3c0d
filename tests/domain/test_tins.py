"""Tax numbers: slips and numbers that nobody has are refused with a sentence that says why."""

import pytest

from domain import tins
from domain.tins import parse_tin


@pytest.mark.parametrize(
    ("kind", "text", "country", "number", "last4"),
    [
        (tins.SSN, "536-90-4399", "US", "536904399", "4399"),
        (tins.SSN, " 536904399 ", "US", "536904399", "4399"),
        (tins.SSN, "536 90 4399", "US", "536904399", "4399"),
        (tins.EIN, "12-3456789", "US", "123456789", "6789"),
        (tins.ITIN, "912-70-1234", "US", "912701234", "1234"),
        (tins.FOREIGN, "36 574 261 809", "DE", "36574261809", "1809"),
        (tins.FOREIGN, "ab-12.34/5", "KE", "AB12345", "345"),
        (tins.FOREIGN, "12345", "KE", "12345", "45"),
        (tins.NONE, "whatever", "KE", "", ""),
    ],
)
def test_a_good_number_is_taken(
    kind: str, text: str, country: str, number: str, last4: str
) -> None:
    """However it is written; of a short one less than half is shown."""
    found = parse_tin(kind, text, country)
    assert (found.number, found.last4) == (number, last4)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        (tins.SSN, "000-00-0000", "begins with 000"),
        (tins.SSN, "666-12-3456", "begins with 666"),
        (tins.SSN, "900-12-3456", "begins with 9"),
        (tins.SSN, "536-00-4399", "never given"),
        (tins.SSN, "536-90-0000", "never given"),
        (tins.SSN, "078-05-1120", "never given"),
        (tins.SSN, "12-3456789", "nine digits"),
        (tins.SSN, "536-90-439", "nine digits"),
        (tins.SSN, "５３６９０４３９９", "nine digits"),  # noqa: RUF001 - wide digits are typed, too
        (tins.ITIN, "536-90-4399", "begin with 9"),
        (tins.ITIN, "912-40-1234", "begin with 9"),
        (tins.EIN, "00-1234567", "no such employer number"),
        (tins.EIN, "12-0000000", "no such employer number"),
        (tins.EIN, "536-90-4399", "nine digits"),
        (tins.FOREIGN, "44051401358", "tax number of that country"),
        (tins.FOREIGN, "000000000", "cannot be"),
        (tins.FOREIGN, "none", "4 to 30"),
        (tins.FOREIGN, "x" * 400, "4 to 30"),
        (tins.FOREIGN, "", "Type the number"),
    ],
)
def test_a_number_that_cannot_be_is_refused(kind: str, text: str, says: str) -> None:
    """With a sentence that does not repeat the number: it may end in a log."""
    with pytest.raises(ValueError, match=says) as refused:
        parse_tin(kind, text, "PL")
    assert not text or text not in str(refused.value)


def test_a_number_does_not_show_itself() -> None:
    """Printed by mistake, it says its kind only."""
    assert "4399" not in repr(parse_tin(tins.SSN, "536-90-4399"))


def test_masks_and_whole_numbers_look_as_on_a_form() -> None:
    """The mask has the dashes where the number has them."""
    assert tins.masked(tins.SSN, "4399") == "SSN ***-**-4399"
    assert tins.masked(tins.EIN, "6789") == "EIN **-***6789"
    assert tins.masked(tins.FOREIGN, "1809", "DE") == "tax number of DE …1809"
    assert tins.masked(tins.NONE, "") == "none"
    assert tins.written(tins.SSN, "536904399") == "536-90-4399"
    assert tins.written(tins.EIN, "123456789") == "12-3456789"
    assert tins.written(tins.FOREIGN, "36574261809") == "36574261809"
