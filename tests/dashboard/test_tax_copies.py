"""The recipient's copy: what it says, whatever the name, and no whole number on it."""

from typing import Any

import pytest

from dashboard.tax_copies import copy_b, file_name
from domain.tax_values import TaxPayer
from domain.tax_years import Total
from storage.affiliates import Affiliate
from storage.taxes import TaxForm

PAYER = TaxPayer(name="PropMine Inc.", address="1 Market St", tin="12-3456789", phone="555 0100")


def total(**changes: Any) -> tuple[Total, TaxForm]:
    """A year of somebody's."""
    given: dict[str, Any] = {
        "legal_name": "Mia Muster",
        "address_line1": "12 Main Street",
        "address_city": "San Francisco",
        "address_state": "CA",
        "address_zip": "94105",
        "tax_id_last4": "4399",
    }
    affiliate = Affiliate(
        reference="aff_MIA30", status="approved", email="m@x.y", email_key="m@x.y", promo_code="MIA"
    )
    form = TaxForm(affiliate_user_id=affiliate.id, **(given | changes))
    return Total(affiliate, form, 2026, 250_000, 0, 60_000, others=False, threshold=200_000), form


@pytest.mark.parametrize("name", ["Mia Muster", "Łukasz Žižka", "王小明", "🎉" * 50, "x" * 500])
def test_a_copy_is_made_whatever_the_name(name: str) -> None:
    """In letters that the font does not have, too."""
    made = copy_b(*total(legal_name=name), PAYER)
    assert made.startswith(b"%PDF-")
    assert made.count(b"Tj") > 15


def test_it_says_the_sums_and_the_last_four() -> None:
    """Box 1, box 4, who pays, and the number as far as it is shown."""
    made = copy_b(*total(), PAYER)
    for said in (b"$2,500.00", b"$600.00", b"PropMine Inc.", b"12-3456789", b"SSN ***-**-4399"):
        assert said in made


def test_the_same_copy_is_the_same_file() -> None:
    """So that a second download is no other document."""
    assert copy_b(*total(), PAYER) == copy_b(*total(), PAYER)


def test_its_name_holds_nothing_secret() -> None:
    """The year, and the public id."""
    assert file_name(total()[0]) == "1099-nec-2026-aff_MIA30.pdf"
