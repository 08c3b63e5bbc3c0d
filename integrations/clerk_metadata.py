"""What a Clerk user's private metadata says of them as an affiliate.

It stands at `private_metadata.<namespace>.affiliate`, written by us or, before, by hand. By hand
means that keys also come in snake case or under a neighbouring name; all of those are read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AffiliateMetadata:
    """An affiliate as the metadata has them. A text that is missing is empty."""

    status: str
    promo_code: str
    approved_at: datetime | None
    terms_version: str
    affiliate_id: str
    stripe_coupon_id: str
    stripe_promotion_code_id: str


def read_affiliate(private_metadata: Mapping[str, Any], namespace: str) -> AffiliateMetadata | None:
    """Read the affiliate's part of the metadata; None where there is none.

    A value of another type than expected counts as missing: people typed these in.
    """
    product = private_metadata.get(namespace)
    entry = product.get("affiliate") if isinstance(product, Mapping) else None
    if not isinstance(entry, Mapping):
        return None
    return AffiliateMetadata(
        status=_text(entry, "status", "affiliateStatus", "affiliate_status"),
        promo_code=_text(
            entry, "promoCode", "promo_code", "promotionCode", "promotion_code", "code"
        ),
        approved_at=_moment(
            _text(
                entry,
                "affiliateApprovedAt",
                "affiliate_approved_at",
                "approvedAt",
                "approved_at",
            )
        ),
        terms_version=_text(
            entry,
            "affiliateTermsVersion",
            "affiliate_terms_version",
            "termsVersion",
            "terms_version",
        ),
        affiliate_id=_text(entry, "affiliateId", "affiliate_id"),
        stripe_coupon_id=_text(entry, "stripeCouponId", "stripe_coupon_id"),
        stripe_promotion_code_id=_text(entry, "stripePromotionCodeId", "stripe_promotion_code_id"),
    )


def _text(entry: Mapping[str, Any], *names: str) -> str:
    """The first of these keys that holds any text."""
    found = (entry.get(name) for name in names)
    return next((value.strip() for value in found if isinstance(value, str) and value.strip()), "")


def _moment(text: str) -> datetime | None:
    """A moment in ISO 8601; without a zone it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
