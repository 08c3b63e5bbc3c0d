"""FirstPromoter: promoters, their referrals (leads and customers), and commissions.

Names of columns are those of the objects of both versions of its API (docs.firstpromoter.com). That
it exports CSV is documented there, the columns are not.
"""

from typing import Final

from domain.imports import State
from domain.statuses import Status
from imports.sources import AFFILIATES, COMMISSIONS, CUSTOMERS, NAMES, WHOSE, Form, Source

_DATES: Final = {"at": ("created_at", "joined_at", "date", "created", "signup_date")}
_WHOSE: Final = WHOSE | {
    "whose_id": ("promoter_id", "affiliate_id"),
    "whose_email": ("promoter_email", "promoter", "affiliate_email"),
    "whose_ref": ("promoter_ref_id", "ref_id", "ref_token", "default_ref_id", "cust_ref"),
}

FIRSTPROMOTER: Final = Source(
    "firstpromoter",
    "FirstPromoter",
    (
        Form(
            AFFILIATES,
            NAMES
            | _DATES
            | {
                "id": ("id", "promoter_id"),
                "state": ("status", "state"),
                "refs": (
                    *("default_ref_id", "ref_id", "ref_token", "cust_ref", "ref_ids"),
                    *("referral_link", "default_referral_link", "ref_link"),
                ),
                "code": ("promo_code", "coupon", "coupon_code"),
            },
            (("email",), ("refs", "first_name", "name")),
            frozenset({"cust_id", "default_ref_id", "cust_ref", "ref_id", "paypal_email", "pref"}),
        ),
        Form(
            CUSTOMERS,
            _WHOSE
            | _DATES
            | {
                "email": ("email", "lead_email", "customer_email"),
                "foreign": ("uid", "username"),
                "customer": ("stripe_customer_id", "customer_id", "cus_id"),
                "state": ("state", "status"),
                "plan": ("plan_name", "plan"),
            },
            (
                ("email", "foreign", "customer"),
                ("whose_id", "whose_email", "whose_ref"),
                ("state",),
            ),
            frozenset({"uid", "customer_since", "plan_name", "split_promotion_id"}),
        ),
        Form(
            COMMISSIONS,
            _WHOSE
            | _DATES
            | {
                "id": ("id", "commission_id", "reward_id"),
                "amount": ("amount", "commission_amount", "commission", "reward"),
                "amount_minor": ("amount_cents",),
                "currency": ("currency",),
                "state": ("status", "state"),
                "paid": ("is_paid", "paid"),
                "unit": ("unit", "reward_type"),
                "foreign": ("referral_uid", "uid"),
                "customer_email": ("referral_email", "lead_email", "customer_email"),
                "about": ("event_id", "sale_id"),
            },
            (("amount", "amount_minor"), ("state", "paid"), ("whose_id", "whose_email")),
            frozenset({"is_paid", "is_split", "is_self_referral", "fraud_check", "sale_amount"}),
        ),
    ),
    {
        **dict.fromkeys(("active", "approved", "accepted"), Status.APPROVED),
        **dict.fromkeys(("pending", "not_verified", "rejected", "denied"), None),
        **dict.fromkeys(("inactive", "disabled", "archived", "paused"), Status.PAUSED),
        "blocked": Status.TERMINATED,
    },
    {
        **dict.fromkeys(("pending", "approved", "unpaid", "processing"), State.OWED),
        **dict.fromkeys(("paid", "completed", "fulfilled"), State.PAID),
        **dict.fromkeys(("denied", "rejected", "refunded", "cancelled"), State.VOID),
    },
    held=frozenset({"pending"}),
    paying=frozenset({"active", "cancelled", "canceled", "refunded", "customer"}),
    visitors=frozenset({"denied", "moved", "visitor"}),
    parameter="fpr",
    no_money={
        each: "It is no money: " + each.replace("_", " ")
        for each in ("credits", "points", "free_months", "mon_discount", "discount_per")
    },
)
