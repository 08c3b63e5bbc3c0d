"""Who carries out what: every module of effects, loaded, and the table they registered in."""

from outbox import clerk, mail, reports, slack, stripe
from outbox.registry import RUNNERS

__all__ = ["RUNNERS", "clerk", "mail", "reports", "slack", "stripe"]
