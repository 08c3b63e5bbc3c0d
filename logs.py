"""Structured logs, with a request id that follows an event to its effects.

Lines are JSON unless a person watches (a terminal). Values whose key sounds like a secret
are replaced before they are written, whoever logged them.
"""

import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from structlog.typing import EventDict, WrappedLogger

_REDACTED = "[redacted]"
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_SECRET_KEY = re.compile(
    r"token|secret|password|authorization|(api|jwt|private|encryption).?key|cookie|signature"
    r"|(database|redis|smtp).?url|tax.?id$|date.?of.?birth|\btins?\b",
    re.IGNORECASE,
)


def request_id() -> str:
    """The id of the request (or event) that this code works for; empty outside of one."""
    return _request_id.get()


@contextmanager
def working_for(request: str) -> Iterator[None]:
    """Everything logged and put into the outbox in this block belongs to `request`."""
    before = _request_id.set(request)
    try:
        yield
    finally:
        _request_id.reset(before)


def configure(*, level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's logging to write to standard error."""
    shared: list[structlog.typing.Processor] = [
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "stripe", "apscheduler", "alembic", "slack_sdk", "slack_bolt"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Replace the values of keys that sound like secrets, also of those one level down."""
    for key, value in line.items():
        if _SECRET_KEY.search(key):
            line[key] = _REDACTED
        elif isinstance(value, Mapping):
            line[key] = {
                inner: _REDACTED if _SECRET_KEY.search(str(inner)) else kept
                for inner, kept in value.items()
            }
    return line


def _add_request_id(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if current := _request_id.get():
        line.setdefault("request_id", current)
    return line
