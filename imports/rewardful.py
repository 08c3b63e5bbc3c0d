"""Rewardful: affiliates, referrals and commissions.

Names of columns are those of the objects of its REST API (developers.rewardful.com/rest-api) and
of its own form for imports (help.rewardful.com, article 1988486); what its CSV export writes is
nowhere published.
"""

from typing import Final

from domain.imports import State
from domain.statuses import Status
from imports.sources import AFFILIATES, COMMISSIONS, CUSTOMERS, NAMES, WHOSE, Form, Source

_DATES: Final = {"at": ("created_at", "signed_up_at", "signed_up", "created")}

REWARDFUL: Final = Source(
    "rewardful",
    "Rewardful",
    (
        Form(
            AFFILIATES,
            NAMES
            | {
                "id": ("id", "affiliate_id"),
                "state": ("state", "status"),
                "refs": ("token", "tokens", "link_token", "links", "link", "url"),
                "code": ("coupon", "coupon_code", "coupon_token", "coupons"),
                "promotion_code": ("coupon_external_id",),
                "at": ("created_at", "joined_at", "confirmed_at", "signed_up_at", "joined"),
            },
            (("email",), ("first_name", "last_name", "name", "refs")),
            frozenset({"token", "paypal_email", "wise_email", "campaign", "campaign_name"}),
        ),
        Form(
            CUSTOMERS,
            WHOSE
            | _DATES
            | {
                "whose_ref": ("link_token", "affiliate_token", "token", "link", "coupon"),
                "customer": ("stripe_customer_id", "customer_id", "imported_id"),
                "email": ("customer_email", "email"),
                "state": ("conversion_state", "state", "status"),
                "plan": ("plan",),
            },
            (("customer", "email"), ("whose_id", "whose_email", "whose_ref"), ("state",)),
            frozenset({"conversion_state", "became_lead_at", "became_conversion_at", "expires_at"}),
        ),
        Form(
            COMMISSIONS,
            WHOSE
            | {
                "id": ("id", "commission_id"),
                "amount": ("amount", "commission_amount", "commission"),
                "amount_minor": ("amount_cents", "commission_amount_cents"),
                "currency": ("currency", "commission_currency"),
                "state": ("state", "status"),
                "at": ("created_at", "sale_charged_at", "charged_at", "created"),
                "free_at": ("due_at", "due_date", "due"),
                "customer": ("stripe_customer_id", "customer_id"),
                "customer_email": ("customer_email",),
                "about": ("sale_id", "stripe_charge_id"),
            },
            (("amount", "amount_minor"), ("state",), ("whose_id", "whose_email", "whose_ref")),
            frozenset({"due_at", "voided_at", "charge_amount_cents", "sale_amount_cents"}),
        ),
    ),
    {
        "active": Status.APPROVED,
        "unconfirmed": Status.APPROVED,
        "pending": None,
        "rejected": None,
        "disabled": Status.PAUSED,
        "suspicious": Status.PAUSED,
        "banned": Status.TERMINATED,
    },
    {
        "pending": State.OWED,
        "due": State.OWED,
        "unpaid": State.OWED,
        "paid": State.PAID,
        "voided": State.VOID,
        "void": State.VOID,
    },
    held=frozenset({"pending"}),
    paying=frozenset({"conversion", "converted"}),
    visitors=frozenset({"visitor"}),
    parameter="via",
)
