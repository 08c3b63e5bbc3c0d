"""Which mails affiliates refuse, and the link that does it."""

from uuid import UUID

import pytest
from sqlmodel import col, select

from domain import subscriptions
from domain.audit import Actor
from domain.errors import InvalidError, NotFoundError
from domain.subscriptions import (
    CONTESTS,
    STATEMENTS,
    TIPS,
    read_unsubscribe_token,
    unsubscribe_headers,
    unsubscribe_path,
)
from storage.audit import AuditLine
from storage.db import Database
from storage.ids import new_id
from tests.builders import join, mails_asked_for

KEY = "secret-of-this-server"
ANN = Actor("ann@example.com", "Ann", "dashboard")


def _token(path: str) -> tuple[str, str]:
    _, start, topic, token = path.split("/")
    assert start == "unsubscribe"
    return topic, token


async def _wants(db: Database, affiliate_id: UUID) -> set[str]:
    async with db.read() as session:
        return {
            topic
            for topic in subscriptions.TOPICS
            if await subscriptions.wants(session, affiliate_id, topic)
        }


async def test_everything_is_wanted_until_somebody_says_no(db: Database) -> None:
    """One refused topic leaves the others; taking it back is possible."""
    affiliate = await join(db)
    assert await _wants(db, affiliate.id) == {TIPS, CONTESTS, STATEMENTS}
    async with db.transaction() as session:
        await subscriptions.unsubscribe(session, affiliate.id, TIPS, ANN)
    assert await _wants(db, affiliate.id) == {CONTESTS, STATEMENTS}
    async with db.transaction() as session:
        await subscriptions.subscribe(session, affiliate.id, TIPS, ANN)
    assert await _wants(db, affiliate.id) == {TIPS, CONTESTS, STATEMENTS}


async def test_choosing_keeps_just_what_was_chosen(db: Database) -> None:
    """The settings page says which are wanted; all others are refused, and the audit log knows."""
    affiliate = await join(db)
    for _ in range(2):
        async with db.transaction() as session:
            await subscriptions.choose(session, affiliate.id, {STATEMENTS}, ANN)
    assert await _wants(db, affiliate.id) == {STATEMENTS}
    async with db.read() as session:
        query = select(AuditLine).where(col(AuditLine.action) == "affiliate.mails_chosen")
        (line,) = (await session.exec(query)).all()
    assert line.detail == {"refused": ["contests", "tips"]}


async def test_what_cannot_be_chosen(db: Database) -> None:
    """Neither a topic that does not exist nor anything for nobody."""
    affiliate = await join(db)
    async with db.transaction() as session:
        with pytest.raises(InvalidError):
            await subscriptions.choose(session, affiliate.id, {"spam"}, ANN)
        with pytest.raises(NotFoundError):
            await subscriptions.choose(session, new_id(), {TIPS}, ANN)


async def test_a_mail_of_a_topic_goes_to_whoever_wants_it(db: Database) -> None:
    """Whoever refused it is not mailed, and the caller learns that."""
    ann, ben = await join(db), await join(db, "BENS30", email="ben@example.com")
    async with db.transaction() as session:
        await subscriptions.unsubscribe(session, ann.id, CONTESTS, ANN)
        assert not await subscriptions.send_mail(session, CONTESTS, "contest_begun", ann)
        assert await subscriptions.send_mail(session, CONTESTS, "contest_begun", ben)
    sent = [to for template, to in await mails_asked_for(db) if template == "contest_begun"]
    assert sent == ["ben@example.com"]


def test_a_link_is_for_one_affiliate_and_one_topic() -> None:
    """No other key, topic or affiliate can be made of it, and nothing typed breaks it."""
    one = new_id()
    topic, token = _token(unsubscribe_path(KEY, one, TIPS))
    assert topic == TIPS
    assert read_unsubscribe_token(KEY, TIPS, token) == one
    assert read_unsubscribe_token(KEY, CONTESTS, token) is None
    assert read_unsubscribe_token("another", TIPS, token) is None
    assert read_unsubscribe_token(KEY, "spam", token) is None
    for bad in ("", "é", "=", token[:-2], token + "AAAA", "A" * 44, "\x00"):
        assert read_unsubscribe_token(KEY, TIPS, bad) is None


def test_the_headers_of_one_click() -> None:
    """As RFC 8058 writes them."""
    assert unsubscribe_headers("https://d.example/unsubscribe/tips/x") == {
        "List-Unsubscribe": "<https://d.example/unsubscribe/tips/x>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
