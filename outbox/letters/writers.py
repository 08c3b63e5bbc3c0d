"""Who writes what: every module of letters, loaded, and the table they registered in."""

from outbox.letters import affiliates, applications, drips, landing, milestones, payouts, sessions, tiers
from outbox.letters.registry import WRITERS

__all__ = [
    "WRITERS",
    "affiliates",
    "applications",
    "drips",
    "landing",
    "milestones",
    "payouts",
    "sessions",
    "tiers",
]
