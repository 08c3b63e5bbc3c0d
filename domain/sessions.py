"""Signing in: a mailed link that works once, and sessions that can be ended from anywhere."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects
from domain.audit import Actor, record
from domain.emails import email_key, parse_email
from domain.errors import InvalidError
from storage import sessions as rows
from storage.sessions import Session, SignInLink

LINK_MINUTES = 20
SESSION_DAYS = 30


def hashed(token: str) -> str:
    """What is kept of a session's cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


async def ask_for_link(session: AsyncSession, text: str) -> str:
    """Mail a sign-in link; returns the address. Raises `InvalidError` for what is no address.

    Anybody may ask, known or not, and sees the same: signing in proves only whose mailbox it
    is, and somebody without an application then finds the form.
    """
    email = parse_email(text)
    if email is None:
        sentence = "Type your mail address, like name@example.com."
        raise InvalidError(sentence, {"email": sentence})
    link = SignInLink(email=email, expires_at=clock.now() + timedelta(minutes=LINK_MINUTES))
    session.add(link)
    await session.flush()
    await effects.send_mail(session, "sign_in", email, link=str(link.id))
    return email


async def open_with_link(session: AsyncSession, link_id: UUID, label: str) -> str | None:
    """Use up a link; returns the new session's token, or None if the link no longer works."""
    link = await rows.use_link(session, link_id)
    return await open_for(session, link.email, label, "link") if link else None


async def open_for(session: AsyncSession, email: str, label: str, how: str) -> str:
    """Open a session for the proven owner of an address; returns its token, kept nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        Session(
            token_hash=hashed(token),
            email=email,
            email_key=email_key(email),
            label=label,
            expires_at=clock.now() + timedelta(days=SESSION_DAYS),
        )
    )
    await record(
        session, Actor(email_key(email), "", "dashboard"), "session.opened", "session", how=how
    )
    return token


async def revoke(session: AsyncSession, email: str, session_id: UUID | None = None) -> None:
    """End one session of a person, or all of them."""
    ended = await rows.revoke(session, email_key(email), session_id)
    if ended:
        actor = Actor(email_key(email), "", "dashboard")
        await record(session, actor, "session.revoked", "session", count=ended)
