"""Every table, imported once, so that migrations see them all."""

from sqlmodel import SQLModel

from storage import (
    affiliates,
    applications,
    audit,
    cards,
    codes,
    inbox,
    jobs,
    ledger,
    links,
    outbox,
    program,
    referrals,
    sessions,
)

__all__ = [
    "METADATA",
    "affiliates",
    "applications",
    "audit",
    "cards",
    "codes",
    "inbox",
    "jobs",
    "ledger",
    "links",
    "outbox",
    "program",
    "referrals",
    "sessions",
]

METADATA = SQLModel.metadata
