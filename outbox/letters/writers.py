"""Who writes what: every module of letters, loaded, and the table they registered in."""

from outbox.letters import (
    affiliates,
    api_keys,
    applications,
    compliance,
    contests,
    drips,
    fraud,
    imports,
    landing,
    milestones,
    payouts,
    privacy,
    sessions,
    statements,
    taxes,
    tiers,
    webhook_endpoints,
)
from outbox.letters.registry import WRITERS

__all__ = [
    "WRITERS",
    "affiliates",
    "api_keys",
    "applications",
    "compliance",
    "contests",
    "drips",
    "fraud",
    "imports",
    "landing",
    "milestones",
    "payouts",
    "privacy",
    "sessions",
    "statements",
    "taxes",
    "tiers",
    "webhook_endpoints",
]
