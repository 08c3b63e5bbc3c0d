"""Tapfiliate: affiliates, customers, and conversions with their commissions.

Names of columns are those of its form for conversions (support.tapfiliate.com, article 2446220,
which wants them exactly so) and of its REST API (tapfiliate.com/docs/rest); what its CSV export
writes is nowhere published.
"""

from typing import Final

from domain.imports import State
from domain.statuses import Status
from imports.sources import AFFILIATES, COMMISSIONS, CUSTOMERS, NAMES, WHOSE, Form, Source

_DATES: Final = {"at": ("created_at", "joined_at", "date", "created")}

TAPFILIATE: Final = Source(
    "tapfiliate",
    "Tapfiliate",
    (
        Form(
            AFFILIATES,
            NAMES
            | _DATES
            | {
                "id": ("id", "affiliate_id"),
                "state": ("status", "state", "approved"),
                "refs": ("referral_code", "referral_link", "referral_codes", "link"),
                "code": ("coupon", "coupons", "coupon_code"),
            },
            (("email",), ("first_name", "last_name", "name", "refs")),
            frozenset(
                {"firstname", "lastname", "referral_code", "affiliate_group_id", "parent_id"}
            ),
        ),
        Form(
            CUSTOMERS,
            WHOSE
            | _DATES
            | {
                "foreign": ("customer_id", "external_id"),
                "email": ("customer_email", "email"),
                "state": ("status", "state"),
            },
            (("foreign", "email"), ("whose_id", "whose_email", "whose_ref"), ("state",)),
            frozenset({"click_id", "meta_data", "warnings"}),
        ),
        Form(
            COMMISSIONS,
            WHOSE
            | _DATES
            | {
                "id": ("commission_id", "conversion_id", "id", "external_id"),
                "amount": ("commission_amount", "commission", "commissions"),
                "currency": ("currency", "commission_currency"),
                "state": ("commission_status", "approved", "status"),
                "paid": ("paid", "is_paid", "payout_id"),
                "foreign": ("customer_id",),
                "about": ("external_id",),
            },
            (("amount",), ("state",), ("whose_id", "whose_email", "whose_ref")),
            frozenset({"commission_amount", "commission_type", "commission_status", "external_id"}),
        ),
    ),
    {
        **dict.fromkeys(("approved", "active", "true", "yes", "1"), Status.APPROVED),
        **dict.fromkeys(("pending", "disapproved", "archived", "false", "no", "0"), None),
    },
    {
        **dict.fromkeys(("approved", "pending", "unpaid", "true", "false"), State.OWED),
        "paid": State.PAID,
        **dict.fromkeys(("disapproved", "rejected", "declined"), State.VOID),
    },
    held=frozenset({"pending", "false"}),
    paying=frozenset({"paying", "canceled", "cancelled", "converted", "customer"}),
)
