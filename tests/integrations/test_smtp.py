"""Mail by SMTP, against a real SMTP server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from aiosmtpd import smtp as aiosmtpd

import clock
from integrations.errors import TransportError
from integrations.mail import Mail
from integrations.smtp import Smtp, SmtpServer

MAIL = Mail(
    to="ann@example.com",
    subject="You are in, Änn 🎉",
    text="Welcome.",
    html="<p>Welcome.</p>",
    reply_to="help@example.com",
    headers={"List-Unsubscribe": "<https://example.com/stop>"},
)


class Peer:
    """A mail server: keeps what it takes, and refuses with the reply it is told to."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.reply_to_rcpt = "250 OK"
        self.reply_to_data = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Answer RCPT TO."""
        if self.reply_to_rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.reply_to_rcpt

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """Answer the end of DATA."""
        if self.reply_to_data.startswith("2"):
            message = message_from_bytes(envelope.content, policy=SMTP)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.raw.append(envelope.content)
        return self.reply_to_data

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any
    ) -> Any:
        """Take one user and password."""
        self.logins.append((data.login, data.password))
        return aiosmtpd.AuthResult(success=data.password == b"p@ss:w/rd", handled=False)


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A mail server on a free port of this machine."""
    peer = Peer()
    server = await asyncio.get_running_loop().create_server(
        lambda: aiosmtpd.SMTP(
            peer, authenticator=peer.authenticate, auth_require_tls=False, enable_SMTPUTF8=True
        ),
        "127.0.0.1",
        0,
    )
    peer.port = server.sockets[0].getsockname()[1]
    yield peer
    server.close()
    await server.wait_closed()


def smtp(peer: Peer, credentials: str = "") -> Smtp:
    """A sender that delivers to the peer."""
    return Smtp(f"smtp://{credentials}127.0.0.1:{peer.port}", "Desk <desk@desk.example>")


async def test_a_long_address_to_unsubscribe_stays_as_it_is(peer: Peer) -> None:
    """Encoded or folded, as long headers are, no mail program would find the address."""
    address = f"<https://affiliates.example.com/unsubscribe/tips/{'aB-_' * 40}>"
    mail = replace(MAIL, headers={"List-Unsubscribe": address})
    await smtp(peer).send(mail, idempotency_key="mail-1")
    assert f"List-Unsubscribe: {address}".encode() in peer.raw[0].splitlines()


async def test_a_mail_arrives_as_it_was_meant(peer: Peer) -> None:
    """Sender, recipient, subject, both bodies, the date and the headers are there."""
    with clock.travel(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)):
        await smtp(peer).send(MAIL, idempotency_key="mail-1")
    (message,) = peer.taken
    assert message["From"] == "Desk <desk@desk.example>"
    assert message["To"] == "ann@example.com"
    assert message["Subject"] == "You are in, Änn 🎉"
    assert message["Reply-To"] == "help@example.com"
    assert message["Date"] == "Sat, 21 Nov 2026 12:00:00 +0000"
    assert message["List-Unsubscribe"] == "<https://example.com/stop>"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().strip() == "Welcome."
    assert html.get_content().strip() == "<p>Welcome.</p>"


async def test_the_same_key_gives_the_same_message_id(peer: Peer) -> None:
    """A mailbox can tell a mail that was sent twice from two mails."""
    for key in ("mail-1", "mail-1", "mail-2"):
        await smtp(peer).send(MAIL, idempotency_key=key)
    first, again, other = (message["Message-ID"] for message in peer.taken)
    assert first == again != other
    assert first.endswith("@desk.example>")


@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("450 Mailbox busy", False), ("421 Going down", False), ("550 No such user", True)],
)
async def test_a_refusal_is_final_only_if_the_server_says_so(
    peer: Peer, reply: str, *, permanent: bool
) -> None:
    """A 4xx reply is worth a retry, a 5xx is not, and its words reach the operator."""
    peer.reply_to_rcpt = reply
    with pytest.raises(TransportError, match=reply[4:]) as caught:
        await smtp(peer).send(MAIL, idempotency_key="mail-1")
    assert caught.value.permanent is permanent
    assert caught.value.code == reply[:3]


async def test_a_refusal_of_the_text_is_read_the_same_way(peer: Peer) -> None:
    """The server may also refuse at the very end."""
    peer.reply_to_data = "554 Looks like spam"
    with pytest.raises(TransportError, match="spam") as caught:
        await smtp(peer).send(MAIL, idempotency_key="mail-1")
    assert caught.value.permanent


async def test_the_password_may_hold_any_character(peer: Peer) -> None:
    """User and password arrive percent-decoded; ping logs in and sends nothing."""
    await smtp(peer, "desk:p%40ss%3Aw%2Frd@").ping()
    assert peer.logins == [(b"desk", b"p@ss:w/rd")]
    assert peer.taken == []


async def test_a_wrong_password_needs_a_person(peer: Peer) -> None:
    """A refused login is final, and the message does not repeat the password."""
    with pytest.raises(TransportError) as caught:
        await smtp(peer, "desk:hunter2@").send(MAIL, idempotency_key="mail-1")
    assert caught.value.permanent
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_down_is_worth_a_retry(unused_tcp_port: int) -> None:
    """Nobody listening is an outage, for a mail and for a ping."""
    mailer = Smtp(f"smtp://127.0.0.1:{unused_tcp_port}", "desk@desk.example")
    for attempt in (mailer.send(MAIL, idempotency_key="mail-1"), mailer.ping()):
        with pytest.raises(TransportError) as caught:
            await attempt
        assert not caught.value.permanent
    await mailer.close()


async def test_a_silent_server_is_left(unused_tcp_port: int) -> None:
    """A server that accepts and says nothing is a fault worth a retry."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", unused_tcp_port)
    mailer = Smtp(f"smtp://127.0.0.1:{unused_tcp_port}", "desk@desk.example", timeout_s=0.1)
    with pytest.raises(TransportError, match="in time") as caught:
        await mailer.send(MAIL, idempotency_key="mail-1")
    assert not caught.value.permanent
    server.close()
    await asyncio.sleep(0.01)  # let the peer see the end and close its side


def test_a_password_never_travels_in_the_clear() -> None:
    """With a password and a server elsewhere, encryption is demanded, not merely tried."""
    remote = SmtpServer.parse("smtp://u:p@mail.example")
    assert (remote.port, remote.use_tls, remote.start_tls) == (587, False, True)
    assert SmtpServer.parse("smtp://mail.example").start_tls is None
    direct = SmtpServer.parse("smtps://u:p@mail.example")
    assert (direct.port, direct.use_tls, direct.start_tls) == (465, True, False)


@pytest.mark.parametrize("url", ["", "mail.example:587", "http://mail.example", "smtp://"])
def test_a_half_address_is_refused_at_start(url: str) -> None:
    """A wrong SMTP_URL is named, not guessed at."""
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpServer.parse(url)
