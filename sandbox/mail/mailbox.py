"""A mail service that delivers nowhere: every mail lands in one mailbox that can be read."""

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import clock
from sandbox.faults import Traffic
from sandbox.store import Store

Json = dict[str, Any]

KEY_LIFETIME: Final = timedelta(hours=24)
"""How long Resend remembers an idempotency key."""
_KEY_MAX: Final = 256
_RECIPIENTS_MAX: Final = 50
_BARE = r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\"]+"
_ADDRESS = re.compile(rf"(?:{_BARE}|[^<>\r\n]*<{_BARE}>)")
_KNOWN: Final = frozenset(
    {"from", "to", "cc", "bcc", "reply_to", "subject", "html", "text", "headers"}
    | {"attachments", "tags", "scheduled_at"}
)


class RefusalError(Exception):
    """What Resend answers instead of sending, in its own words."""

    def __init__(self, status: HTTPStatus, name: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"statusCode": int(status), "name": name, "message": message}


class Mailbox:
    """All mail that the application sent. Everything is kept in `store`."""

    def __init__(self, *, store: Store | None = None, api_key: str = "re_sandbox") -> None:
        self.store = store or Store()
        self.api_key = api_key
        self.traffic = Traffic(_fault_body)
        self.store.data.setdefault("letters", [])
        self.store.data.setdefault("keys", {})

    @property
    def letters(self) -> list[Json]:
        """Every mail, the newest first.

        Each has `id`, `at` (RFC 3339), `from`, `to` (a list), `subject`, `text`, `html`,
        `reply_to` (a list) and `headers`.
        """
        return list(reversed(self.store.data["letters"]))

    def letters_to(self, email: str) -> list[Json]:
        """The mails to this address, the newest first."""
        wanted = email.casefold()
        return [
            letter
            for letter in self.letters
            if any(wanted in address.casefold() for address in letter["to"])
        ]

    def letter(self, letter_id: str) -> Json | None:
        """The mail with this id."""
        return next((letter for letter in self.letters if letter["id"] == letter_id), None)

    def take(self, body: Any, idempotency_key: str | None) -> str:
        """Take a mail as Resend does and return its id.

        The same key with the same body within a day returns the first id and keeps one mail.
        Raises `RefusalError`.
        """
        if idempotency_key is not None and not 0 < len(idempotency_key) <= _KEY_MAX:
            raise RefusalError(
                HTTPStatus.BAD_REQUEST,
                "invalid_idempotency_key",
                f"The idempotency key must be between 1 and {_KEY_MAX} characters.",
            )
        mail = _checked(body)
        keys: dict[str, Json] = self.store.data["keys"]
        known = keys.get(idempotency_key) if idempotency_key is not None else None
        if known is not None and clock.timestamp() - known["at"] < KEY_LIFETIME.total_seconds():
            if known["body"] != body:
                raise RefusalError(
                    HTTPStatus.CONFLICT,
                    "invalid_idempotent_request",
                    "Same idempotency key used with a different request payload.",
                )
            return str(known["id"])
        letter_id = secrets.token_hex(8)
        self.store.data["letters"].append(
            {"id": letter_id, "at": clock.now().isoformat(timespec="seconds")} | mail
        )
        if idempotency_key is not None:
            keys[idempotency_key] = {"id": letter_id, "at": clock.timestamp(), "body": body}
        self.store.save()
        return letter_id


def _checked(body: Any) -> Json:
    """The mail in a request body, or the refusal that Resend would give."""
    if not isinstance(body, Mapping):
        raise _invalid("The request body must be a JSON object.")
    for name in ("from", "to", "subject"):
        if not body.get(name):
            raise RefusalError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "missing_required_field",
                f"Missing `{name}` field.",
            )
    if not (body.get("html") or body.get("text")):
        raise RefusalError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "missing_required_field",
            "Missing `html` or `text` field.",
        )
    unknown = body.keys() - _KNOWN
    if unknown:
        raise _invalid(f"Unknown field `{min(unknown)}`.")
    for name in ("from", "subject", "html", "text"):
        if not isinstance(body.get(name) or "", str):
            raise _invalid(f"The `{name}` field must be a string.")
    if not _ADDRESS.fullmatch(body["from"]):
        raise _invalid(_BAD_ADDRESS.format("from"))
    recipients = _addresses(body, "to")
    if len(recipients) > _RECIPIENTS_MAX:
        raise _invalid(f"The `to` field must have at most {_RECIPIENTS_MAX} addresses.")
    headers = body.get("headers") or {}
    if not isinstance(headers, Mapping) or any(
        not isinstance(value, str) or "\n" in f"{name}{value}" for name, value in headers.items()
    ):
        raise _invalid("The `headers` field must map header names to values of one line.")
    return {
        "from": body["from"],
        "to": recipients,
        "subject": body["subject"],
        "text": body.get("text") or "",
        "html": body.get("html") or "",
        "reply_to": _addresses(body, "reply_to"),
        "headers": dict(headers),
    }


def _addresses(body: Mapping[str, Any], name: str) -> list[str]:
    value = body.get(name) or []
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) and _ADDRESS.fullmatch(item) for item in listed):
        raise _invalid(_BAD_ADDRESS.format(name))
    return listed


def _invalid(message: str) -> RefusalError:
    return RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, "validation_error", message)


_BAD_ADDRESS: Final = (
    "Invalid `{}` field. The email address needs to follow the `email@example.com` or "
    "`Name <email@example.com>` format."
)


def _fault_body(status: int) -> Json:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        name, message = "rate_limit_exceeded", "Too many requests. Please slow down."
    else:
        name, message = "application_error", "An unexpected error occurred."
    return {"statusCode": status, "name": name, "message": message}
