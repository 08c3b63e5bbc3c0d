"""Tolt: partners, links, customers and commissions.

Names of columns, statuses and the meaning of amounts are those of its API (docs.tolt.com); what its
CSV export writes is nowhere published. Its own ids of customers begin with `cus_`, as the payment
provider's do: only `customer_id` of a customer is somebody else's.
"""

from typing import Final

from domain.imports import State
from domain.statuses import Status
from imports.sources import AFFILIATES, COMMISSIONS, CUSTOMERS, LINKS, NAMES, WHOSE, Form, Source

_DATES: Final = {"at": ("created_at", "joined_at", "date", "created")}

TOLT: Final = Source(
    "tolt",
    "Tolt",
    (
        Form(
            AFFILIATES,
            NAMES
            | _DATES
            | {
                "id": ("id", "partner_id"),
                "state": ("status", "state"),
                "refs": ("link", "links", "value", "slug", "referral_link", "ref"),
                "code": ("promotion_code", "promo_code", "coupon", "coupon_code"),
            },
            (("email",), ("first_name", "last_name", "name", "refs")),
            frozenset(
                {"country_code", "payout_method", "group_id", "program_id", "payout_details"}
            ),
        ),
        Form(
            LINKS,
            WHOSE | {"ref": ("value", "slug"), "whose_ref": ()},
            (("ref",), ("whose_id", "whose_email")),
            frozenset({"param", "value"}),
        ),
        Form(
            CUSTOMERS,
            WHOSE
            | _DATES
            | {
                "id": ("id",),
                "foreign": ("customer_id", "external_id"),
                "email": ("email", "customer_email"),
                "state": ("status", "state"),
                "plan": ("plan",),
            },
            (("email", "foreign"), ("whose_id", "whose_email", "whose_ref"), ("state",)),
            frozenset({"subscription_id", "lead_at", "active_at"}),
        ),
        Form(
            COMMISSIONS,
            WHOSE
            | _DATES
            | {
                "id": ("id", "commission_id"),
                "amount": ("amount", "commission", "commission_amount"),
                "amount_minor": ("amount_cents",),
                "currency": ("currency", "currency_code"),
                "state": ("status", "state"),
                "free_at": ("scheduled_approval_date",),
                "customer_email": ("customer_email",),
                "about": ("transaction_id", "charge_id"),
            },
            (("amount", "amount_minor"), ("state",), ("whose_id", "whose_email", "whose_ref")),
            frozenset({"revenue", "transaction_id", "charge_id", "scheduled_approval_date"}),
        ),
    ),
    {
        **dict.fromkeys(("active", "approved"), Status.APPROVED),
        **dict.fromkeys(("pending", "invited", "rejected", "declined"), None),
        "suspended": Status.PAUSED,
        "banned": Status.TERMINATED,
    },
    {
        **dict.fromkeys(("pending", "approved", "unpaid"), State.OWED),
        "paid": State.PAID,
        **dict.fromkeys(("rejected", "refunded", "declined"), State.VOID),
    },
    held=frozenset({"pending"}),
    paying=frozenset({"active", "suspended", "refunded", "canceled", "cancelled", "churned"}),
)
