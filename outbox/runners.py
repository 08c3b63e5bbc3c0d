"""Who carries out what: every module of effects, loaded, and the table they registered in."""

from outbox import clerk, customers, mail, reports, slack, stripe, transfers
from outbox.registry import RUNNERS

__all__ = ["RUNNERS", "clerk", "customers", "mail", "reports", "slack", "stripe", "transfers"]
