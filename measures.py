"""What a process counts and times of itself, for `/metrics`. docs/metrics.md says what each means.

A count costs a microsecond and asks no database. Labels have few values, none typed by strangers.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_CALL_S: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45)
_COMMIT_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)

ATTEMPTS: Final = Counter(
    "affiliate_desk_work_attempts_total",
    "Attempts at events, effects and deliveries, by what became of them.",
    ("table", "kind", "result"),
    registry=REGISTRY,
)
ATTEMPT_S: Final = Histogram(
    "affiliate_desk_work_attempt_seconds",
    "How long an attempt took, whatever became of it.",
    ("table",),
    buckets=_CALL_S,
    registry=REGISTRY,
)
CALL_S: Final = Histogram(
    "affiliate_desk_outside_call_seconds",
    "Calls to outside services, by the status that was answered; none for no answer.",
    ("service", "status"),
    buckets=_CALL_S,
    registry=REGISTRY,
)
SETTLE_S: Final = Histogram(
    "affiliate_desk_settle_seconds",
    "From asking for an invoice to its sale in the ledger.",
    buckets=_CALL_S,
    registry=REGISTRY,
)
COMMIT_ROWS: Final = Histogram(
    "affiliate_desk_group_commit_rows",
    "Rows that were committed together.",
    ("queue",),
    buckets=_ROWS,
    registry=REGISTRY,
)
COMMIT_S: Final = Histogram(
    "affiliate_desk_group_commit_seconds",
    "From the arrival of the first row of a batch until all of it was on disk.",
    ("queue",),
    buckets=_COMMIT_S,
    registry=REGISTRY,
)
TURNED_AWAY: Final = Counter(
    "affiliate_desk_group_commit_refused_total",
    "Rows that were turned away because too many waited.",
    ("queue",),
    registry=REGISTRY,
)
STREAMS: Final = Gauge(
    "affiliate_desk_streams_open",
    "Pages that are open and hear of news.",
    registry=REGISTRY,
)
REFUSED: Final = Counter(
    "affiliate_desk_rate_limit_refusals_total",
    "Requests that were too many, by limit.",
    ("limit",),
    registry=REGISTRY,
)
RUNS: Final = Counter(
    "affiliate_desk_scheduled_runs_total",
    "Daily jobs and watches that this process began, by whether they failed.",
    ("job", "result"),
    registry=REGISTRY,
)
LAST_RUN: Final = Gauge(
    "affiliate_desk_scheduled_last_success_timestamp_seconds",
    "When this process last did a job or a watch, or found it done by another.",
    ("job",),
    registry=REGISTRY,
)
