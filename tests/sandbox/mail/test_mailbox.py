"""What the mail service takes, refuses and remembers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import clock
from sandbox.mail.mailbox import Mailbox, RefusalError
from sandbox.store import Store

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def mail(**changes: Any) -> dict[str, Any]:
    """A request body that Resend takes, changed."""
    return {
        "from": "Desk <desk@example.com>",
        "to": ["ann@example.com"],
        "subject": "Hello",
        "html": "<p>Hi</p>",
        "text": "Hi",
    } | changes


def test_mail_is_read_newest_first_and_by_recipient() -> None:
    """The list begins with the last one; a recipient's own are found without regard to case."""
    mailbox = Mailbox()
    with clock.travel(NOON):
        mailbox.take(mail(), None)
    mailbox.take(mail(to="bob@example.com", subject="Second"), None)
    assert [letter["subject"] for letter in mailbox.letters] == ["Second", "Hello"]
    (ann,) = mailbox.letters_to("Ann@Example.com")
    assert ann["at"] == "2026-11-21T12:00:00+00:00"
    assert mailbox.letter(ann["id"]) == ann


def test_the_same_key_keeps_one_mail_for_a_day() -> None:
    """A repeated request is answered with the first id; a day later it is a new mail."""
    mailbox = Mailbox()
    with clock.travel(NOON):
        first = mailbox.take(mail(), "key")
    with clock.travel(NOON + timedelta(hours=23, minutes=59)):
        assert mailbox.take(mail(), "key") == first
    assert len(mailbox.letters) == 1
    with clock.travel(NOON + timedelta(hours=24)):
        assert mailbox.take(mail(), "key") != first
    assert len(mailbox.letters) == 2


def test_a_key_belongs_to_one_body() -> None:
    """A changed mail under a used key is a conflict and is not sent."""
    mailbox = Mailbox()
    mailbox.take(mail(), "key")
    with pytest.raises(RefusalError) as caught:
        mailbox.take(mail(subject="Other"), "key")
    assert caught.value.status == 409
    assert caught.value.body["name"] == "invalid_idempotent_request"
    assert len(mailbox.letters) == 1


@pytest.mark.parametrize(
    ("changes", "name", "status"),
    [
        ({"from": None}, "missing_required_field", 422),
        ({"to": []}, "missing_required_field", 422),
        ({"subject": ""}, "missing_required_field", 422),
        ({"html": None, "text": None}, "missing_required_field", 422),
        ({"from": "desk"}, "validation_error", 422),
        ({"to": ["ann@example.com", "x"]}, "validation_error", 422),
        ({"to": "a@example.com, b@example.com"}, "validation_error", 422),
        ({"to": ["ann@example.com"] * 51}, "validation_error", 422),
        ({"reply_to": "x"}, "validation_error", 422),
        ({"text": 3}, "validation_error", 422),
        ({"headers": {"X": "a\nb"}}, "validation_error", 422),
        ({"headers": ["X"]}, "validation_error", 422),
        ({"replyTo": "a@example.com"}, "validation_error", 422),
    ],
    ids=str,
)
def test_what_resend_refuses_is_refused(changes: dict[str, Any], name: str, status: int) -> None:
    """A mail that the real service would not send is not taken here either."""
    mailbox = Mailbox()
    with pytest.raises(RefusalError) as caught:
        mailbox.take(mail(**changes), None)
    assert (caught.value.body["name"], caught.value.status) == (name, status)
    assert mailbox.letters == []


def test_a_key_has_a_length() -> None:
    """An empty key and one of 257 characters are mistakes."""
    for key in ("", "k" * 257):
        with pytest.raises(RefusalError, match="idempotency key"):
            Mailbox().take(mail(), key)


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """Mail and keys outlive the process."""
    first = Mailbox(store=Store(tmp_path / "mail.json")).take(mail(), "key")
    again = Mailbox(store=Store(tmp_path / "mail.json"))
    assert again.take(mail(), "key") == first
    assert len(again.letters) == 1
