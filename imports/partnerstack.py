"""PartnerStack: partners, links, customers and rewards.

Names of columns are those of its forms for imports (support.partnerstack.com, article 360009012554)
and of the objects of its API; its export of partners is documented (article 360058412814), the
names of that file's columns only in part.
"""

from typing import Final

from domain.imports import State
from domain.statuses import Status
from imports.sources import AFFILIATES, COMMISSIONS, CUSTOMERS, LINKS, WHOSE, Form, Source

_WHOSE: Final = WHOSE | {
    "whose_id": ("partner_key", "partnership_key", "partner_id"),
    "whose_email": ("partner_email", "partnership_email", "owner_email"),
    "whose_ref": (),
}

PARTNERSTACK: Final = Source(
    "partnerstack",
    "PartnerStack",
    (
        Form(
            AFFILIATES,
            {
                "id": ("partner_key", "partnership_key", "key"),
                "email": ("partner_email", "email", "owner_email"),
                "first_name": ("partner_first", "first_name", "partner_first_name"),
                "last_name": ("partner_last", "last_name", "partner_last_name"),
                "name": ("partner", "name", "team_name"),
                "company": ("company", "company_name"),
                "state": ("status", "partnership_status", "state"),
                "refs": ("referral_link", "link", "links", "default_link"),
                "key_refs": ("partner_key", "partnership_key", "key"),
                "at": ("partner_joined_date", "signed_up", "joined_at", "created_at", "created"),
            },
            (("email",), ("first_name", "name")),
            frozenset(
                {"partner_first", "partner_last", "partner_group", "group", "paid_customers"}
            ),
        ),
        Form(
            LINKS,
            _WHOSE | {"ref": ("url", "link_url", "key", "link_key")},
            (("ref",), ("whose_id", "whose_email")),
            frozenset({"dest", "destination"}),
        ),
        Form(
            CUSTOMERS,
            _WHOSE
            | {
                "email": ("customer_email", "email"),
                "foreign": ("customer_key", "external_key"),
                "customer": ("provider_key", "stripe_customer_id"),
                "state": ("status", "state"),
                "spent": ("total_revenue", "revenue", "has_paid", "paid"),
                "at": ("submitted_on", "customer_created_date", "created_at", "created"),
            },
            (("email", "foreign", "customer"), ("whose_id", "whose_email")),
            frozenset({"customer_key", "provider_key", "partnership_key", "submitted_on"}),
        ),
        Form(
            COMMISSIONS,
            _WHOSE
            | {
                "id": ("reward_key", "key", "id"),
                "amount": ("reward_amount", "amount"),
                "amount_minor": ("amount_cents", "reward_amount_cents"),
                "currency": ("currency", "reward_currency"),
                "state": ("reward_status", "status", "state"),
                "at": ("created", "created_at", "reward_date"),
                "foreign": ("customer_key", "customer_external_key", "external_key"),
                "customer_email": ("customer_email",),
                "about": ("transaction_key",),
            },
            (("amount", "amount_minor"), ("state",), ("whose_id", "whose_email")),
            frozenset({"reward_amount", "reward_status", "reward_key", "reward_description"}),
        ),
    ),
    {
        **dict.fromkeys(("active", "approved", "joined", "live"), Status.APPROVED),
        **dict.fromkeys(("pending", "invited", "declined", "rejected", "unclaimed"), None),
        **dict.fromkeys(("inactive", "suspended", "paused"), Status.PAUSED),
        **dict.fromkeys(("removed", "archived", "banned"), Status.TERMINATED),
    },
    {
        **dict.fromkeys(("hold", "pending", "approved", "scheduled", "available"), State.OWED),
        **dict.fromkeys(("paid", "withdrawn"), State.PAID),
        **dict.fromkeys(("declined", "rejected", "canceled", "cancelled"), State.VOID),
    },
    held=frozenset({"hold", "pending", "scheduled"}),
    paying=frozenset({"paid", "active", "paying"}),
    parameter="ps_partner_key",
)
