"""The mailbox as a reader sees it, and its API at the edges."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.mail.app import mail_app
from sandbox.mail.mailbox import Mailbox

Browser = TestClient[web.Request, web.Application]

LETTER = {
    "from": "Desk <desk@example.com>",
    "to": ["ann@example.com"],
    "subject": "Hello <i>Ann</i>",
    "html": "<html><head><title>x</title></head><body><a href='https://example.com/'>Go</a></html>",
    "text": "Hi, see https://example.com/in <b>",
    "headers": {"X-Thing": "1"},
}


@pytest.fixture
def mailbox() -> Mailbox:
    """An empty mailbox."""
    return Mailbox()


@pytest.fixture
async def browser(mailbox: Mailbox) -> AsyncIterator[Browser]:
    """A browser at the mailbox, where the sandbox mounts it."""
    app = web.Application()
    app.add_subapp("/sandbox/mail/", mail_app(mailbox))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_an_empty_mailbox_says_how_to_begin(browser: Browser) -> None:
    """Nobody is left in front of a blank page."""
    assert "No mail yet" in await (await browser.get("/sandbox/mail/")).text()


async def test_a_mail_is_listed_and_opens(browser: Browser, mailbox: Mailbox) -> None:
    """Subject, recipient and headers are there, as text and never as HTML."""
    letter_id = mailbox.take(LETTER, None)
    listing = await (await browser.get("/sandbox/mail/")).text()
    assert f'href="/sandbox/mail/letters/{letter_id}"' in listing
    assert "Hello &lt;i&gt;Ann&lt;/i&gt;" in listing
    page = await (await browser.get(f"/sandbox/mail/letters/{letter_id}")).text()
    assert "Hello &lt;i&gt;Ann&lt;/i&gt;" in page
    assert "X-Thing" in page
    assert f'src="/sandbox/mail/letters/{letter_id}/html"' in page
    assert "allow-scripts" not in page
    assert "allow-same-origin" not in page


async def test_plain_text_has_links_and_no_html(browser: Browser, mailbox: Mailbox) -> None:
    """The text view links addresses and shows markup as characters."""
    letter_id = mailbox.take(LETTER, None)
    page = await (await browser.get(f"/sandbox/mail/letters/{letter_id}?view=text")).text()
    assert '<a href="https://example.com/in"' in page
    assert "&lt;b&gt;" in page
    assert "<iframe" not in page


async def test_a_mail_without_html_is_shown_as_text(browser: Browser, mailbox: Mailbox) -> None:
    """There is no empty frame for a plain mail."""
    letter_id = mailbox.take(LETTER | {"html": ""}, None)
    page = await (await browser.get(f"/sandbox/mail/letters/{letter_id}")).text()
    assert "<iframe" not in page
    assert "Hi, see" in page


async def test_the_html_of_a_mail_can_only_be_clicked(browser: Browser, mailbox: Mailbox) -> None:
    """Its own policy forbids scripts and outside resources; links leave the frame."""
    letter_id = mailbox.take(LETTER, None)
    answer = await browser.get(f"/sandbox/mail/letters/{letter_id}/html")
    html = await answer.text()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert '<head><base target="_top"><title>' in html
    bare = mailbox.take(LETTER | {"html": "<p>Hi</p>"}, None)
    html = await (await browser.get(f"/sandbox/mail/letters/{bare}/html")).text()
    assert html == '<!doctype html><base target="_top"><p>Hi</p>'


@pytest.mark.parametrize("path", ["/sandbox/mail/letters/none", "/sandbox/mail/letters/none/html"])
async def test_a_mail_that_is_not_there_is_not_found(browser: Browser, path: str) -> None:
    """A stale link says so."""
    assert (await browser.get(path)).status == 404


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({}, 401, "missing_api_key"),
        ({"Authorization": "Bearer re_other"}, 403, "invalid_api_key"),
        ({"Authorization": "Bearer re_sandbox"}, 422, "validation_error"),
    ],
)
async def test_the_api_refuses_in_the_shape_of_resend(
    browser: Browser, headers: dict[str, str], status: int, name: str
) -> None:
    """No key, a wrong key, and a body that is no JSON."""
    answer = await browser.post("/sandbox/mail/emails", data=b"{", headers=headers)
    assert answer.status == status
    body = await answer.json()
    assert (body["statusCode"], body["name"]) == (status, name)
