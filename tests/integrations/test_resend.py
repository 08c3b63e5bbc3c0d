"""Mail by Resend, against the stand-in."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from integrations.errors import TransportError
from integrations.mail import Mail
from integrations.resend import Resend
from sandbox.mail.app import mail_app
from sandbox.mail.mailbox import Mailbox

MAIL = Mail(
    to="ann@example.com",
    subject="You are in, Änn 🎉",
    text="Welcome.",
    html="<p>Welcome.</p>",
    reply_to="help@example.com",
    headers={"X-Kind": "approval"},
)


@pytest.fixture
def mailbox() -> Mailbox:
    """Where the mail lands."""
    return Mailbox()


@pytest.fixture
async def server(mailbox: Mailbox) -> AsyncIterator[TestServer]:
    """The mail service."""
    server = TestServer(mail_app(mailbox))
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def resend(mailbox: Mailbox, server: TestServer) -> AsyncIterator[Resend]:
    """The sender, with the right key."""
    resend = Resend(mailbox.api_key, "Desk <desk@desk.example>", str(server.make_url("")))
    yield resend
    await resend.close()


async def test_a_mail_arrives_as_it_was_meant(resend: Resend, mailbox: Mailbox) -> None:
    """Sender, recipient, subject, both bodies, the reply address and headers are there."""
    await resend.send(MAIL, idempotency_key="mail-1")
    (letter,) = mailbox.letters
    assert letter["from"] == "Desk <desk@desk.example>"
    assert letter["to"] == ["ann@example.com"]
    assert letter["subject"] == "You are in, Änn 🎉"
    assert (letter["text"], letter["html"]) == ("Welcome.", "<p>Welcome.</p>")
    assert letter["reply_to"] == ["help@example.com"]
    assert letter["headers"] == {"X-Kind": "approval"}


async def test_a_lost_answer_does_not_send_twice(resend: Resend, mailbox: Mailbox) -> None:
    """The mail went out though the answer was lost; the retry adds no second one."""
    mailbox.traffic.fail_next(502, after_work=True)
    with pytest.raises(TransportError) as caught:
        await resend.send(MAIL, idempotency_key="mail-1")
    assert not caught.value.permanent
    await resend.send(MAIL, idempotency_key="mail-1")
    assert len(mailbox.letters) == 1


async def test_another_mail_under_the_same_key_needs_a_person(resend: Resend) -> None:
    """A key that is used for two mails is a mistake of ours and is never papered over."""
    await resend.send(MAIL, idempotency_key="mail-1")
    other = Mail(to="bob@example.com", subject="x", text="x", html="x")
    with pytest.raises(TransportError) as caught:
        await resend.send(other, idempotency_key="mail-1")
    assert caught.value.permanent
    assert caught.value.code == "invalid_idempotent_request"


async def test_a_busy_service_says_when_to_come_back(resend: Resend, mailbox: Mailbox) -> None:
    """Two mails a second are the default limit; a 429 names the wait."""
    mailbox.traffic.fail_next(429, retry_after=1)
    with pytest.raises(TransportError) as caught:
        await resend.send(MAIL, idempotency_key="mail-1")
    assert not caught.value.permanent
    assert caught.value.retry_after == 1
    assert mailbox.letters == []


async def test_a_mail_that_is_still_being_taken_is_asked_for_again(
    unused_tcp_port: int,
) -> None:
    """A 409 about our own first attempt, still under way, is not a refusal."""

    async def under_way(_: web.Request) -> web.Response:
        body = {"statusCode": 409, "name": "concurrent_idempotent_requests", "message": "Wait."}
        return web.json_response(body, status=409)

    app = web.Application()
    app.router.add_post("/emails", under_way)
    server = TestServer(app, port=unused_tcp_port)
    await server.start_server()
    resend = Resend("re_x", "desk@desk.example", str(server.make_url("")))
    with pytest.raises(TransportError) as caught:
        await resend.send(MAIL, idempotency_key="mail-1")
    assert not caught.value.permanent
    assert caught.value.retry_after == 5
    await resend.close()
    await server.close()


async def test_ping_knows_a_wrong_key(resend: Resend, server: TestServer) -> None:
    """The right key passes without a mail; a wrong one needs a person and is not repeated."""
    await resend.ping()
    other = Resend("re_other", "desk@desk.example", str(server.make_url("")))
    with pytest.raises(TransportError) as caught:
        await other.ping()
    assert caught.value.permanent
    assert "re_other" not in str(caught.value)
    await other.close()


async def test_a_key_that_may_only_send_is_a_good_key(unused_tcp_port: int) -> None:
    """Resend refuses everything but sending to such a key, which proves that it knows it."""

    async def restricted(_: web.Request) -> web.Response:
        body = {"statusCode": 401, "name": "restricted_api_key", "message": "Only send emails."}
        return web.json_response(body, status=401)

    app = web.Application()
    app.router.add_get("/domains", restricted)
    server = TestServer(app, port=unused_tcp_port)
    await server.start_server()
    resend = Resend("re_x", "desk@desk.example", str(server.make_url("")))
    await resend.ping()
    await resend.close()
    await server.close()


@pytest.mark.parametrize("lie", ["{}", "null", "[]", '{"error": "later"}'])
async def test_a_mail_that_nobody_names_is_sent_again(unused_tcp_port: int, lie: str) -> None:
    """Something else that answers 200 has taken no mail; with its key it is sent once anyway."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=lie, content_type="application/json")

    app = web.Application()
    app.router.add_post("/emails", answer)
    server = TestServer(app, port=unused_tcp_port)
    await server.start_server()
    resend = Resend("re_x", "desk@desk.example", str(server.make_url("")))
    with pytest.raises(TransportError) as caught:
        await resend.send(MAIL, idempotency_key="mail-1")
    assert not caught.value.permanent
    await resend.close()
    await server.close()
