"""A mail, and the promise that every sender of mail keeps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Protocol

MAX_KEY_LENGTH = 256
"""Characters of an idempotency key, at most (https://resend.com/docs/dashboard/emails/
idempotency-keys)."""

SENT_OTHERWISE = "invalid_idempotent_request"
"""The code of a refusal: a mail was sent under this key already, and it was another one."""

_ADDRESS = re.compile(r"""[^\s@<>()\[\]\\,;:"\x00-\x20\x7f]+@[^\s@<>()\[\]\\,;:"\x00-\x20\x7f]+""")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_OURS = frozenset(
    {"to", "cc", "bcc", "from", "sender", "subject", "date", "message-id", "reply-to"}
)


@dataclass(frozen=True)
class Mail:
    """One mail to one person, as text and as HTML.

    Nothing in it can add a header or a recipient: an address is one bare address, a header has
    a plain name and a value on one line (both raise `ValueError` otherwise), and line breaks in
    the subject, which often holds somebody's name, become spaces.
    """

    to: str
    subject: str
    text: str
    html: str
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse or clean what could reach into the envelope."""
        for address in (self.to, self.reply_to):
            if address is not None and not _ADDRESS.fullmatch(address):
                raise ValueError(f"{address!r} is not one e-mail address")
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS or _CONTROL.search(value):
                raise ValueError(f"{name!r} cannot be set as a header, or not to this value")
        object.__setattr__(self, "subject", " ".join(_CONTROL.sub(" ", self.subject).split()))


class Mailer(Protocol):
    """Something that sends mail."""

    async def send(self, mail: Mail, *, idempotency_key: str) -> None:
        """Hand the mail over, or raise `TransportError`.

        The same key with the same mail, sent again after a doubt, is meant to arrive once; each
        sender says how far it can keep that.
        """

    async def ping(self) -> None:
        """Prove that the service answers and takes our credentials, or raise `TransportError`."""

    async def close(self) -> None:
        """Close the connections."""


def sender_address(sender: str) -> tuple[str, str]:
    """Part `Name <a@b.c>` or `a@b.c` into (name, address).

    Raises `ValueError` where MAIL_FROM is neither.
    """
    name, address = parseaddr(sender)
    if not _ADDRESS.fullmatch(address) or _CONTROL.search(sender):
        raise ValueError("MAIL_FROM must be an address, or a name and an <address>")
    return name, address


def checked_key(idempotency_key: str) -> str:
    """Return the key as it is. Raises `ValueError` where no sender could carry it."""
    if not 0 < len(idempotency_key) <= MAX_KEY_LENGTH or not (
        idempotency_key.isascii() and idempotency_key.isprintable()
    ):
        raise ValueError("An idempotency key is 1 to 256 printable ASCII characters")
    return idempotency_key
