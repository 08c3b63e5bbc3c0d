"""Signing in: what a mailed link carries, and that a proof opens one session once."""

import string
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clock
from domain import sessions
from storage import sessions as rows
from storage.db import Database

KEY = "a key of this server"
LINK = UUID("01990000-0000-7000-8000-000000000001")


def test_a_token_names_its_link_to_who_has_the_key() -> None:
    """It reads back, and holds only what an address can hold unescaped."""
    token = sessions.sign_in_token(KEY, LINK)
    assert sessions.read_sign_in_token(KEY, token) == LINK
    assert set(token) <= set(string.ascii_letters + string.digits + "-_")


@pytest.mark.parametrize("place", range(64))
def test_a_token_changed_anywhere_is_refused(place: int) -> None:
    """Each of its characters counts."""
    token = sessions.sign_in_token(KEY, LINK)
    other = "A" if token[place] != "A" else "B"
    changed = token[:place] + other + token[place + 1 :]
    assert sessions.read_sign_in_token(KEY, changed) is None


def test_a_token_of_another_key_is_refused() -> None:
    """A link of another server, or from before the key was changed, opens nothing."""
    assert sessions.read_sign_in_token("another", sessions.sign_in_token(KEY, LINK)) is None


@given(st.text(max_size=100))
def test_anything_else_is_refused_without_a_fuss(text: str) -> None:
    """Whatever somebody puts into the address, the answer is no."""
    assert sessions.read_sign_in_token(KEY, text) is None


async def test_a_proof_opens_one_session_once(db: Database) -> None:
    """The session can be found by its proof; once ended, the same proof opens no other."""
    async with db.transaction() as session:
        token = await sessions.open_once(session, "sess_1", "mia@example.com", "Chrome", "clerk")
    assert token is not None
    async with db.transaction() as session:
        again = await sessions.open_once(session, "sess_1", "mia@example.com", "Chrome", "clerk")
        found = await sessions.opened_by(session, "sess_1", "clerk")
        assert found is not None
        assert again is None
        assert found == await rows.by_token_hash(session, sessions.hashed(token))
        await sessions.revoke(session, "mia@example.com", found.id)
    async with db.transaction() as session:
        assert await sessions.opened_by(session, "sess_1", "clerk") is None
        assert await sessions.was_spent(session, "sess_1", "clerk")
        retry = await sessions.open_once(session, "sess_1", "mia@example.com", "Chrome", "clerk")
        other = await sessions.open_once(session, "sess_2", "mia@example.com", "Chrome", "clerk")
    assert retry is None
    assert other is not None


async def test_a_session_found_by_its_proof_ends_in_time(db: Database) -> None:
    """The proof is no way around the session's end."""
    async with db.transaction() as session:
        await sessions.open_once(session, "sess_1", "mia@example.com", "Chrome", "clerk")
    later = clock.now() + timedelta(days=sessions.SESSION_DAYS, seconds=1)
    with clock.travel(later):
        async with db.transaction() as session:
            await rows.forget_expired(session)
            assert await sessions.opened_by(session, "sess_1", "clerk") is None
            assert await sessions.was_spent(session, "sess_1", "clerk")


async def test_use_is_noted(db: Database) -> None:
    """`last_seen_at` follows; a session that has ended meanwhile is no error."""
    async with db.transaction() as session:
        token = await sessions.open_for(session, "mia@example.com", "Chrome", "link")
        opened = await rows.by_token_hash(session, sessions.hashed(token))
    assert opened is not None
    later = clock.now() + timedelta(hours=1)
    with clock.travel(later):
        async with db.transaction() as session:
            await sessions.seen(session, opened.id)
            await sessions.seen(session, LINK)
    async with db.read() as session:
        seen = await rows.by_token_hash(session, sessions.hashed(token))
    assert seen is not None
    assert seen.last_seen_at == later
