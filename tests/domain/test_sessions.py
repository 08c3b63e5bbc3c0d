"""Signing in: what a mailed link carries, and that a proof opens one session once."""

import asyncio
import string
from base64 import urlsafe_b64decode
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clock
from domain import sessions
from domain.errors import InvalidError
from storage import audit
from storage import sessions as rows
from storage.db import Database
from tests.builders import effects_asked_for

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


async def a_link(db: Database, email: str = "mia@example.com") -> UUID:
    """The id of a link that was just asked for."""
    async with db.transaction() as session:
        await sessions.ask_for_link(session, email)
    (*_, mail) = await effects_asked_for(db)
    return UUID(mail.payload["context"]["link"])


async def use(db: Database, link: UUID) -> str | None:
    """Follow a link."""
    async with db.transaction() as session:
        return await sessions.open_with_link(session, link, "Chrome on macOS")


async def is_signed_in(db: Database, token: str) -> bool:
    """Whether a cookie still opens the dashboard."""
    async with db.read() as session:
        return await rows.by_token_hash(session, sessions.hashed(token)) is not None


async def test_a_link_is_mailed_to_whoever_asks(db: Database) -> None:
    """Known or not: nobody learns from the answer who is in the program."""
    async with db.transaction() as session:
        assert await sessions.ask_for_link(session, " Mia@Example.com ") == "Mia@example.com"
    (mail,) = await effects_asked_for(db)
    assert (mail.payload["template"], mail.payload["to"]) == ("sign_in", "Mia@example.com")


async def test_a_link_needs_an_address(db: Database) -> None:
    """And the form says at which field."""
    async with db.transaction() as session:
        with pytest.raises(InvalidError) as error:
            await sessions.ask_for_link(session, "mia")
    assert set(error.value.fields) == {"email"}
    assert await effects_asked_for(db) == []


async def test_a_link_works_once(db: Database) -> None:
    """Its session belongs to the mailbox, and only the cookie's hash is kept."""
    link = await a_link(db, "Mia@example.com")
    token = await use(db, link)
    assert token is not None
    assert await use(db, link) is None
    async with db.read() as session:
        opened = await rows.by_token_hash(session, sessions.hashed(token))
        (line,) = await audit.of_subject(session, "session")
    assert opened is not None
    assert (opened.email, opened.email_key) == ("Mia@example.com", "mia@example.com")
    assert opened.label == "Chrome on macOS"
    assert token not in opened.model_dump_json()
    assert (line.action, line.actor, line.detail) == (
        "session.opened",
        "visitor",
        {"how": "link"},
    )


async def test_a_link_followed_twice_at_the_same_moment_works_once(db: Database) -> None:
    """A mail scanner and its reader do not both get in."""
    link = await a_link(db)
    tokens = await asyncio.gather(*(use(db, link) for _ in range(6)))
    assert len([token for token in tokens if token]) == 1


async def test_a_link_works_for_twenty_minutes(db: Database) -> None:
    """Not a second longer, and a link that never was works never."""
    asked = clock.now()
    with clock.travel(asked):
        early, late = await a_link(db), await a_link(db)
    with clock.travel(asked + timedelta(minutes=sessions.LINK_MINUTES, seconds=-1)):
        assert await use(db, early)
    with clock.travel(asked + timedelta(minutes=sessions.LINK_MINUTES)):
        assert await use(db, late) is None
    assert await use(db, LINK) is None


async def test_a_session_ends_by_itself(db: Database) -> None:
    """After its days, the cookie opens nothing."""
    token = await use(db, await a_link(db))
    assert token is not None
    assert await is_signed_in(db, token)
    with clock.travel(clock.now() + timedelta(days=sessions.SESSION_DAYS, seconds=1)):
        assert not await is_signed_in(db, token)


async def test_sessions_are_ended_one_by_one_or_all_at_once(db: Database) -> None:
    """Only one's own, from wherever one is, and it is written down."""
    mine = [await use(db, await a_link(db, "MIA@example.com")) for _ in range(3)]
    theirs = await use(db, await a_link(db, "zoe@example.com"))
    assert theirs is not None
    async with db.read() as session:
        (of_zoe,) = await rows.of_person(session, "zoe@example.com")
        of_mia = await rows.of_person(session, "mia@example.com")
    assert len(of_mia) == 3

    async with db.transaction() as session:
        await sessions.revoke(session, "mia@example.com", of_zoe.id)
        await sessions.revoke(session, "mia@example.com", of_mia[0].id)
    assert await is_signed_in(db, theirs)
    assert [await is_signed_in(db, token or "") for token in mine].count(False) == 1

    async with db.transaction() as session:
        await sessions.revoke(session, "Mia@example.com")
    assert not any([await is_signed_in(db, token or "") for token in mine])
    assert await is_signed_in(db, theirs)
    async with db.read() as session:
        lines = await audit.of_subject(session, "session")
    ended = [line.detail["count"] for line in lines if line.action == "session.revoked"]
    assert ended == [1, 2]


async def test_a_browser_with_a_strange_name_can_sign_in(db: Database) -> None:
    """A header that is not UTF-8 reaches us as half characters, which no database takes."""
    async with db.transaction() as session:
        token = await sessions.open_for(session, "mia@example.com", "Fire\udcfffox\0", "link")
    assert await is_signed_in(db, token)


async def test_a_sessions_token_is_long_random_and_kept_as_a_hash(db: Database) -> None:
    """256 bits of it, never the same, and the database could not sign anybody in."""
    tokens = []
    for _ in range(3):
        token = await use(db, await a_link(db))
        assert token is not None
        tokens.append(token)
    assert len(set(tokens)) == 3
    assert all(len(urlsafe_b64decode(f"{token}=")) == 32 for token in tokens)
    async with db.read() as session:
        kept = str([row.model_dump() for row in await rows.of_person(session, "mia@example.com")])
    assert all(sessions.hashed(token) in kept and token not in kept for token in tokens)
