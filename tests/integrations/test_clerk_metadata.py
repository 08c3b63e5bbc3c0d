"""Reading an affiliate out of Clerk's metadata, as written by us or by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.clerk_metadata import AffiliateMetadata, read_affiliate

CANONICAL = {
    "status": "approved",
    "promoCode": "JARED30",
    "affiliateApprovedAt": "2026-06-11T00:00:00.000Z",
    "affiliateTermsVersion": "v1",
    "affiliateId": "aff_JARED30",
    "payoutStatus": "not_requested",
    "payoutThreshold": 25,
    "accruedUnpaidBalance": 0,
    "stripePromotionCodeId": "promo_1",
    "stripeCouponId": "coupon_1",
}
READ = AffiliateMetadata(
    status="approved",
    promo_code="JARED30",
    approved_at=datetime(2026, 6, 11, tzinfo=UTC),
    terms_version="v1",
    affiliate_id="aff_JARED30",
    stripe_coupon_id="coupon_1",
    stripe_promotion_code_id="promo_1",
)


def read(entry: Any) -> AffiliateMetadata | None:
    """Read an entry where it belongs."""
    return read_affiliate({"propmine": {"affiliate": entry}, "other": {}}, "propmine")


def test_the_canonical_keys_are_read() -> None:
    """Every key of the schema lands in its field."""
    assert read(CANONICAL) == READ


def test_snake_case_is_read_too() -> None:
    """As a script in another language would have written it."""
    snake = {
        "status": "approved",
        "promo_code": "JARED30",
        "affiliate_approved_at": "2026-06-11",
        "affiliate_terms_version": "v1",
        "affiliate_id": "aff_JARED30",
        "stripe_promotion_code_id": "promo_1",
        "stripe_coupon_id": "coupon_1",
    }
    assert read(snake) == READ


@pytest.mark.parametrize("name", ["promoCode", "promotionCode", "promotion_code", "code"])
def test_a_code_is_found_under_its_other_names(name: str) -> None:
    """Surrounding blanks do not matter."""
    found = read({"status": "live", name: " JARED30 "})
    assert found is not None
    assert (found.status, found.promo_code) == ("live", "JARED30")


def test_the_canonical_name_goes_before_others() -> None:
    """Unless it is empty."""
    for canonical, expected in (("FIRST", "FIRST"), ("", "SECOND"), (None, "SECOND")):
        found = read({"promoCode": canonical, "code": "SECOND"})
        assert found is not None
        assert found.promo_code == expected


@pytest.mark.parametrize("text", ["yesterday", "", None, 1749600000000, "2026-13-01"])
def test_a_date_that_is_none_is_missing(text: Any) -> None:
    """A slip in one field does not lose the others."""
    found = read(CANONICAL | {"affiliateApprovedAt": text})
    assert found is not None
    assert found.approved_at is None
    assert found.promo_code == "JARED30"


@pytest.mark.parametrize("entry", [None, "approved", ["approved"], 7])
def test_an_entry_of_another_shape_is_none(entry: Any) -> None:
    """Nobody is let in by something that is no entry."""
    assert read(entry) is None


@pytest.mark.parametrize("metadata", [{}, {"propmine": None}, {"propmine": []}, {"other": {}}])
def test_a_user_without_an_entry_is_none(metadata: dict[str, Any]) -> None:
    """Most users are no affiliates; another product's namespace does not count."""
    assert read_affiliate(metadata, "propmine") is None
