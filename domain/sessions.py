"""Signing in: a mailed link that works once, and sessions that can be ended from anywhere."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, live
from domain.audit import Actor, record
from domain.emails import email_key, parse_email
from domain.errors import InvalidError
from domain.texts import keepable
from storage import affiliates, applications
from storage import sessions as rows
from storage.ids import new_id
from storage.sessions import Session, SignInLink

LINK_MINUTES = 20
SESSION_DAYS = 30
PROOF_DAYS = 3650
"""How long a spent proof is remembered: longer than any directory keeps a session open."""

_ID_BYTES = 16


def hashed(token: str) -> str:
    """What is kept of a session's cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in_token(secret_key: str, link_id: UUID) -> str:
    """What stands in a mailed link: the link's id and our seal over it, safe in an address."""
    return base64.urlsafe_b64encode(link_id.bytes + _seal(secret_key, link_id)).decode()


def read_sign_in_token(secret_key: str, token: str) -> UUID | None:
    """The link's id, or None where the token was not made with this key."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        link_id = UUID(bytes=raw[:_ID_BYTES])
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    return link_id if hmac.compare_digest(raw[_ID_BYTES:], _seal(secret_key, link_id)) else None


def _seal(secret_key: str, link_id: UUID) -> bytes:
    return hmac.digest(secret_key.encode(), b"sign-in" + link_id.bytes, "sha256")


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


async def open_once(
    session: AsyncSession, proof: str, email: str, label: str, how: str
) -> str | None:
    """Open a session for who showed `proof`, such as a session elsewhere; None if it was spent.

    Like a mailed link, a proof opens one session once. So a session that was ended here stays
    ended, however often the same browser shows the same proof again.
    """
    now = clock.now()
    proof_id = _proof_id(proof, how)
    expires_at = now + timedelta(days=PROOF_DAYS)
    if await was_spent(session, proof, how):
        return None
    try:
        async with session.begin_nested():
            session.add(SignInLink(id=proof_id, email=email, expires_at=expires_at, used_at=now))
    except IntegrityError:  # another request of the same browser was a moment faster
        return None
    return await open_for(session, email, label, how, session_id=proof_id)


async def was_spent(session: AsyncSession, proof: str, how: str) -> bool:
    """Whether `open_once` opened a session for this proof before."""
    return await session.get(SignInLink, _proof_id(proof, how)) is not None


async def opened_by(session: AsyncSession, proof: str, how: str) -> Session | None:
    """The session that `open_once` opened for this proof, while it lives."""
    row = await session.get(Session, _proof_id(proof, how))
    return row if row is not None and row.expires_at > clock.now() else None


def _proof_id(proof: str, how: str) -> UUID:
    return UUID(bytes=hashlib.sha256(f"{how}:{proof}".encode()).digest()[:_ID_BYTES])


async def open_for(
    session: AsyncSession, email: str, label: str, how: str, *, session_id: UUID | None = None
) -> str:
    """Open a session for the proven owner of an address; returns its token, kept nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        Session(
            id=session_id or new_id(),
            token_hash=hashed(token),
            email=email,
            email_key=email_key(email),
            label=keepable(label),
            expires_at=clock.now() + timedelta(days=SESSION_DAYS),
        )
    )
    await record(session, await _who(session, email), "session.opened", "session", how=how)
    return token


async def seen(session: AsyncSession, session_id: UUID) -> None:
    """Note that a session is in use now."""
    row = await session.get(Session, session_id, with_for_update=True)
    if row is not None:
        row.last_seen_at = clock.now()
        session.add(row)


async def revoke(session: AsyncSession, email: str, session_id: UUID | None = None) -> None:
    """End one session of a person, or all of them."""
    ended = await rows.revoke(session, email_key(email), session_id)
    if ended:
        actor = await _who(session, email)
        await live.touch_sessions(session, email_key(email))
        await record(session, actor, "session.revoked", "session", count=ended)


async def _who(session: AsyncSession, email: str) -> Actor:
    """Whose address it is, by a number: lines of the audit log outlive what is known of people."""
    key = email_key(email)
    affiliate = await affiliates.by_email_key(session, key)
    if affiliate is not None:
        return Actor(f"affiliate:{affiliate.id}", "", "dashboard")
    application = await applications.by_email_key(session, key)
    name = f"application:{application.id}" if application else "visitor"
    return Actor(name, "", "dashboard")
