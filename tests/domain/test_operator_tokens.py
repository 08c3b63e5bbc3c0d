"""Tokens of operators' programs: made once, shown once, ended for good."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

import clock
from domain import effects, operator_tokens
from domain.audit import Actor
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.operator_tokens import actor_of, allows, each_of
from storage.audit import AuditLine
from storage.db import Database
from storage.operator_tokens import OperatorToken
from storage.outbox import Effect

MARIA = Actor("U0MARIA", "@maria", "slack")
ROOT = Actor("root", "", "cli")


async def made(db: Database, *scopes: str, days: int = 0) -> tuple[OperatorToken, str]:
    """A token of Maria's; with `days` it runs out."""
    until = clock.now() + timedelta(days=days) if days else None
    async with db.transaction() as session:
        return await operator_tokens.create(
            session, " CRM  sync ", MARIA, scopes, ROOT, expires_at=until
        )


async def test_a_token_is_known_by_its_text_and_kept_as_a_hash(db: Database) -> None:
    """What is at rest opens nothing; the log and the operators' channel hear of it."""
    token, text = await made(db, "codes:write", "affiliates:read")
    assert text.startswith(token.prefix)
    assert (token.name, token.scopes) == ("CRM sync", ["affiliates:read", "codes:write"])
    async with db.read() as session:
        found = await operator_tokens.holder(session, text)
        kept = (await session.exec(select(OperatorToken))).one()
        (line,) = (
            await session.exec(select(AuditLine).where(AuditLine.action == "token.created"))
        ).all()
        (told,) = (await session.exec(select(Effect).where(Effect.kind == effects.NOTICE))).all()
        for wrong in (text[:-1], f"{text}x", text[:-1] + "é", kept.token_hash, "", token.prefix):
            assert await operator_tokens.holder(session, wrong) is None
    assert found is not None
    assert found.id == token.id
    assert text not in str(kept.model_dump())
    for heard in (str(line.detail), str(told.payload)):
        assert "CRM sync" in heard
        assert text not in heard
    assert actor_of(token) == Actor("U0MARIA", "@maria by token CRM sync", "api")


async def test_a_revoked_token_opens_nothing_and_is_revoked_once(db: Database) -> None:
    """By its beginning, as a list shows it, or by its id."""
    token, text = await made(db, "*")
    async with db.transaction() as session:
        found = await operator_tokens.look_up(session, f"{token.prefix}…")
        await operator_tokens.revoke(session, found.id, MARIA)
    async with db.transaction() as session:
        assert await operator_tokens.holder(session, text) is None
        assert (await operator_tokens.look_up(session, str(token.id))).revoked_by == "@maria"
        with pytest.raises(ConflictError, match="@maria"):
            await operator_tokens.revoke(session, token.id, ROOT)
        with pytest.raises(NotFoundError):
            await operator_tokens.look_up(session, "adop_\x00")


async def test_a_token_ends_on_its_day(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a moment before."""
    token, text = await made(db, "*", days=1)
    end = token.expires_at
    assert end is not None
    for moment, opens in ((end - timedelta(seconds=1), True), (end, False)):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        async with db.read() as session:
            assert (await operator_tokens.holder(session, text) is not None) is opens


@pytest.mark.parametrize(
    ("name", "operator", "scopes", "field"),
    [
        ("", "U1", ["*"], "name"),
        ("x" * 61, "U1", ["*"], "name"),
        ("CRM", "", ["*"], "operator"),
        ("CRM", "U1 U2", ["*"], "operator"),
        ("CRM", "u0maria", ["*"], "operator"),
        ("CRM", "@maria", ["*"], "operator"),
        ("CRM", "<@U0MARIA>", ["*"], "operator"),
        ("CRM", "U1", [], "scopes"),
        ("CRM", "U1", ["codes:write", "codes:erase"], "scopes"),
    ],
)
async def test_what_cannot_be_a_token_is_refused(
    db: Database, name: str, operator: str, scopes: list[str], field: str
) -> None:
    """By the field that is wrong, and nothing is kept."""
    async with db.transaction() as session:
        with pytest.raises(InvalidError) as refused:
            await operator_tokens.create(session, name, Actor(operator, "", "cli"), scopes, ROOT)
        assert set(refused.value.fields) == {field}
        query = select(OperatorToken).where(col(OperatorToken.id).is_not(None))
        assert (await session.exec(query)).all() == []


def test_who_may_write_may_read_and_nothing_else() -> None:
    """Scopes of one thing say nothing of another."""
    assert allows(["codes:write"], "codes:read")
    assert allows(["codes:write"], "codes:write")
    assert allows(["*"], "payouts:write")
    assert not allows(["codes:read"], "codes:write")
    assert not allows(["codes:write"], "payouts:read")
    assert not allows([], "codes:read")
    assert "payouts:write" in each_of(["*"])
    assert each_of(["codes:read"]) == ["codes:read"]


async def test_the_last_use_is_written_once_a_minute(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later uses within the minute change nothing."""
    token, text = await made(db, "*")
    first = clock.now()
    for seconds, expected in ((0, 0), (59, 0), (61, 61)):
        now = first + timedelta(seconds=seconds)
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        async with db.transaction() as session:
            await operator_tokens.note_use(session, token.id)
        async with db.read() as session:
            found = await operator_tokens.holder(session, text)
        assert found is not None
        assert found.last_used_at == first + timedelta(seconds=expected)
        assert not operator_tokens.was_used_long_ago(found)
