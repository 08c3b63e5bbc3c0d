"""Structured logs, with a request id that follows an event to its effects.

Lines are JSON unless a person watches (a terminal). Before a line is written, whoever logged it,
values are replaced whose key or type says that they are secret, and what looks like a secret, a
tax number or a mail address is replaced inside texts and tracebacks.
"""

import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import structlog
from pydantic import SecretBytes, SecretStr
from structlog.typing import EventDict, WrappedLogger

_REDACTED = "[redacted]"
_request_id: ContextVar[str] = ContextVar("request_id", default="")
_SECRET_KEY = re.compile(
    r"token|secret|password|authorization|(api|jwt|private|encryption).?key|cookie|signature"
    r"|(database|redis|smtp).?url|tax.?id$|date.?of.?birth|\btins?\b",
    re.IGNORECASE,
)

_SECRETS = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}"  # what an Authorization header holds
    r"|\b(?:sk|rk)_(?:live|test)_\w+|\bwhsec_[\w+/=]+|\bre_\w{16,}"  # Stripe, Svix, Resend
    r"|\bxox[a-z]-[\w-]+|\bxapp-[\w-]+"  # Slack
    r"|\b(?:adop|ad_live)_\w{16,}"  # our own tokens and keys; their beginnings may be read
    r"|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"  # a JWT
    r"|\bgAAAAA[\w-]{20,}=*"  # what the vault has sealed
    r"|(?<=://)[^\s/@'\"]*:[^\s/@'\"]+(?=@)"  # a password in an address
    r"|(?<=/sign-in/)[\w=-]{20,}|(?<=/unsubscribe/)\w+/[\w=-]{20,}"  # links that prove who one is
    r"|(?i:(?<=secret=)|(?<=token=)|(?<=password=)|(?<=api_key=))[^\s&'\"]+"
    # a tax number
    r"|(?<![\w.-])(?:\d{3}[- ]\d{2}[- ]\d{4}|\d{2}-\d{7}|\d{9})(?![\w-]|\.\d)"
)
_MAIL = re.compile(r"([\w+])[\w.+'-]*@([\w-]+(?:\.[\w-]+)+)")
_PLAIN = (bool, int, float, type(None))
_DEPTH = 8
"""What is nested deeper is written as it prints."""


def request_id() -> str:
    """The id of the request (or event) that this code works for; empty outside of one."""
    return _request_id.get()


class working_for:  # noqa: N801 - reads as the block that it is; a generator would cost each click
    """Everything logged and put into the outbox in this block belongs to `request`."""

    def __init__(self, request: str) -> None:
        self._request = request

    def __enter__(self) -> None:
        self._before = _request_id.set(self._request)

    def __exit__(self, *_error: object) -> None:
        _request_id.reset(self._before)


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
    """Replace what is secret, by its key, its type or its looks, however deep it lies."""
    for key, value in line.items():
        if not key.startswith("_"):  # those are structlog's own, and are not written
            line[key] = _REDACTED if _SECRET_KEY.search(key) else _clean(value)
    return line


def clean(text: str) -> str:
    """A text without secrets and tax numbers; of mail addresses the first letter stays."""
    return _MAIL.sub(r"\1…@\2", _SECRETS.sub(_REDACTED, text))


def _clean(value: Any, depth: int = _DEPTH) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (SecretStr, SecretBytes, bytes, bytearray)):
        return _REDACTED
    if depth and isinstance(value, Mapping):
        return {
            inner: _REDACTED if _SECRET_KEY.search(str(inner)) else _clean(kept, depth - 1)
            for inner, kept in value.items()
        }
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(each, depth - 1) for each in value]
    return clean(repr(value))


def _add_request_id(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if current := _request_id.get():
        line.setdefault("request_id", current)
    return line
