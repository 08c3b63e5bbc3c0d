"""Every table, imported once, so that migrations see them all."""

from sqlmodel import SQLModel

from storage import (
    affiliates,
    applications,
    audit,
    cards,
    checkouts,
    clicks,
    codes,
    commissions,
    idempotency,
    inbox,
    jobs,
    ledger,
    links,
    outbox,
    payout_batches,
    payouts,
    program,
    redemptions,
    referrals,
    rollups,
    sales,
    sessions,
    tiers,
)

__all__ = [
    "METADATA",
    "affiliates",
    "applications",
    "audit",
    "cards",
    "checkouts",
    "clicks",
    "codes",
    "commissions",
    "idempotency",
    "inbox",
    "jobs",
    "ledger",
    "links",
    "outbox",
    "payout_batches",
    "payouts",
    "program",
    "redemptions",
    "referrals",
    "rollups",
    "sales",
    "sessions",
    "tiers",
]

METADATA = SQLModel.metadata
