"""Mail by SMTP, for everybody who has a mail server already."""

import hashlib
from dataclasses import dataclass
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

import clock
from integrations.calls import Call, asking
from integrations.errors import TransportError
from integrations.mail import Mail, checked_key, sender_address

TIMEOUT_S = 15.0
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TAKEN = 250
_TRY_AGAIN = range(400, 500)


class _Link(UnstructuredHeader, BaseHeader):
    """A header that holds an address: folded or encoded, no mail program would find it."""

    max_count = 1

    def fold(self, *, policy: Policy) -> str:
        """The header on one line, however long."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Link)
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True)
class SmtpServer:
    """Where to deliver, read from SMTP_URL.

    `start_tls`: True demands it, None takes it where the server offers it.
    """

    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool
    start_tls: bool | None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465` (TLS at once).

        User and password are percent-encoded. A password never travels in the clear: with one,
        STARTTLS is demanded unless the server is this machine. Raises `ValueError`.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587 or smtps://…")
        use_tls = parts.scheme == "smtps"
        demand = bool(parts.password) and parts.hostname not in _LOOPBACK
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=use_tls,
            start_tls=False if use_tls else (True if demand else None),
        )


class Smtp:
    """A `Mailer`. SMTP itself has no idempotency.

    Where a connection breaks after the mail was handed over but before the server said so, the
    retry sends it a second time. It carries the same Message-ID, made from the idempotency key,
    by which most mailboxes show it once.
    """

    def __init__(self, url: str, sender: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._server = SmtpServer.parse(url)
        self._name, self._address = sender_address(sender)
        self._timeout_s = timeout_s

    async def send(self, mail: Mail, *, idempotency_key: str) -> None:
        """Deliver over a connection of its own, or raise `TransportError`.

        A 4xx reply, a timeout and a broken connection are worth a retry; a 5xx reply is final.
        """
        message = self._message(mail, checked_key(idempotency_key))
        with asking("Mail server") as asked:
            try:
                async with self._connection() as connection:
                    await connection.send_message(message)
            except (aiosmtplib.SMTPException, OSError) as error:
                _note_answer(asked, error)
                raise _fault(error) from error
            asked.status = _TAKEN

    async def ping(self) -> None:
        """Prove that the server answers and takes our user and password."""
        with asking("Mail server") as asked:
            try:
                async with self._connection() as connection:
                    await connection.noop()
            except (aiosmtplib.SMTPException, OSError) as error:
                _note_answer(asked, error)
                raise _fault(error) from error
            asked.status = _TAKEN

    async def close(self) -> None:
        """Nothing stays open between mails."""

    def _connection(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            timeout=self._timeout_s,
        )

    def _message(self, mail: Mail, key: str) -> EmailMessage:
        domain = self._address.rpartition("@")[2]
        message = EmailMessage(policy=_POLICY)
        message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"
        message["Date"] = clock.now()
        message["From"] = Address(self._name, addr_spec=self._address)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
        if mail.reply_to is not None:
            message["Reply-To"] = Address(addr_spec=mail.reply_to)
        for name, value in mail.headers.items():
            message[name] = value
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _note_answer(asked: Call, error: Exception) -> None:
    """The code of a server that spoke; one that refuses a recipient works all the same."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPResponseException):
        asked.status = error.code
        asked.refused = isinstance(error, aiosmtplib.SMTPAuthenticationError)


def _fault(error: Exception) -> TransportError:
    """Tell what a retry can mend from what it cannot. The server's own words are kept."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _fault(error.recipients[0])
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return TransportError(
            f"The mail server answered {error.code}: {error.message}",
            permanent=error.code not in _TRY_AGAIN,
            code=str(error.code),
        )
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return TransportError(f"The mail server cannot do this: {error}", permanent=True)
    if isinstance(error, TimeoutError):
        return TransportError("The mail server did not answer in time")
    return TransportError(f"The mail server could not be reached ({type(error).__name__})")
