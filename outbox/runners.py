"""Who carries out what: every module of effects, loaded, and the table they registered in."""

from outbox import (
    applications,
    clerk,
    code_batches,
    codes,
    compliance,
    contests,
    customers,
    digest,
    landing,
    leaks,
    mail,
    payouts,
    promo,
    reports,
    slack,
    taxes,
    transfers,
)
from outbox.registry import RUNNERS

__all__ = [
    "RUNNERS",
    "applications",
    "clerk",
    "code_batches",
    "codes",
    "compliance",
    "contests",
    "customers",
    "digest",
    "landing",
    "leaks",
    "mail",
    "payouts",
    "promo",
    "reports",
    "slack",
    "taxes",
    "transfers",
]
