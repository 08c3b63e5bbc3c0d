"""Dub: partners, links, customers and commissions.

The columns of partners and commissions are those that its own code writes (github.com/dubinc/dub,
`exportPartnerColumns`, `COMMISSION_EXPORT_COLUMNS`), which wrote amounts in cents before it wrote
them as `$12.50`. Its own ids of customers begin with `cus_`: only the external id is theirs.
"""

from typing import Final

from domain.imports import State
from domain.statuses import Status
from imports.sources import AFFILIATES, COMMISSIONS, CUSTOMERS, LINKS, NAMES, WHOSE, Form, Source

_VOID: Final = ("refunded", "duplicate", "fraud", "canceled", "cancelled")

DUB: Final = Source(
    "dub",
    "Dub",
    (
        Form(
            AFFILIATES,
            NAMES
            | {
                "id": ("id", "partner_id"),
                "state": ("status",),
                "refs": ("link", "links", "short_link", "username", "key"),
                "code": ("discount_code", "discount_codes"),
                "at": ("enrolled_at", "created_at"),
            },
            (("email",), ("name",), ("id", "state")),
            frozenset({"enrolled_at", "payouts_enabled_at", "net_revenue", "tiktok", "linked_in"}),
        ),
        Form(
            LINKS,
            WHOSE | {"ref": ("short_link", "key"), "whose_ref": ()},
            (("ref",), ("whose_id", "whose_email")),
            frozenset({"short_link", "domain", "utm_source"}),
        ),
        Form(
            CUSTOMERS,
            WHOSE
            | {
                "id": ("id",),
                "foreign": ("external_id", "customer_external_id"),
                "email": ("email", "customer_email"),
                "state": ("status",),
                "spent": ("sale_amount", "sales", "lifetime_value", "revenue"),
                "at": ("created_at", "created"),
            },
            (("email", "foreign"), ("whose_id", "whose_email", "whose_ref")),
            frozenset({"external_id", "lifetime_value", "first_sale_at", "sale_amount"}),
        ),
        Form(
            COMMISSIONS,
            WHOSE
            | {
                "id": ("id", "commission_id"),
                "amount": ("earnings",),
                "currency": ("currency",),
                "state": ("status",),
                "at": ("created_at",),
                "foreign": ("customer_external_id",),
                "customer_email": ("customer_email",),
                "about": ("invoice_id",),
            },
            (("amount",), ("state",), ("whose_id", "whose_email")),
            frozenset({"earnings", "quantity", "partner_tenant_id", "customer_external_id"}),
        ),
    ),
    {
        **dict.fromkeys(("approved", "active"), Status.APPROVED),
        **dict.fromkeys(("pending", "invited", "declined", "rejected"), None),
        **dict.fromkeys(("deactivated", "archived"), Status.PAUSED),
        "banned": Status.TERMINATED,
    },
    {
        **dict.fromkeys(("pending", "processed", "hold"), State.OWED),
        "paid": State.PAID,
        **dict.fromkeys(_VOID, State.VOID),
    },
    held=frozenset({"pending", "hold"}),
    paying=frozenset({"active", "customer", "paid"}),
    parameter="via",
    whole_is_minor=True,
)
