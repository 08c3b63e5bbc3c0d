"""Who carries out what: every module of effects, loaded, and the table they registered in."""

from outbox import (
    clerk,
    codes,
    compliance,
    contests,
    customers,
    mail,
    promo,
    reports,
    slack,
    transfers,
)
from outbox.registry import RUNNERS

__all__ = [
    "RUNNERS",
    "clerk",
    "codes",
    "compliance",
    "contests",
    "customers",
    "mail",
    "promo",
    "reports",
    "slack",
    "transfers",
]
