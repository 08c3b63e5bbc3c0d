"""Who is signed in: one-time links and server-side sessions, both revocable."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from storage.ids import new_id


class SignInLink(SQLModel, table=True):
    """A mailed link. The token in it is this row's id, signed; it works once."""

    __tablename__ = "sign_in_links"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None


class Session(SQLModel, table=True):
    """A browser that is signed in as the owner of an address.

    Only the SHA-256 of the cookie is kept. `label` names the browser for its owner.
    """

    __tablename__ = "sessions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: str = Field(unique=True)
    email: str
    email_key: str = Field(index=True)
    label: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    last_seen_at: datetime = Field(default_factory=clock.now)
    expires_at: datetime = Field(index=True)


async def use_link(session: AsyncSession, link_id: UUID) -> SignInLink | None:
    """Take a link that is unused and in time; of two at once only one gets it."""
    now = clock.now()
    used = await session.exec(
        update(SignInLink)
        .where(
            col(SignInLink.id) == link_id,
            col(SignInLink.used_at).is_(None),
            col(SignInLink.expires_at) > now,
        )
        .values(used_at=now)
    )
    return await session.get(SignInLink, link_id) if used.rowcount else None


async def by_token_hash(session: AsyncSession, token_hash: str) -> Session | None:
    """The live session with this cookie."""
    query = select(Session).where(
        Session.token_hash == token_hash, col(Session.expires_at) > clock.now()
    )
    return (await session.exec(query)).one_or_none()


async def of_person(session: AsyncSession, email_key: str) -> Sequence[Session]:
    """A person's live sessions, the last used first."""
    query = (
        select(Session)
        .where(Session.email_key == email_key, col(Session.expires_at) > clock.now())
        .order_by(col(Session.last_seen_at).desc())
    )
    return (await session.exec(query)).all()


async def revoke(session: AsyncSession, email_key: str, session_id: UUID | None = None) -> int:
    """End one session of a person, or all of them; how many ended."""
    query = delete(Session).where(col(Session.email_key) == email_key)
    if session_id is not None:
        query = query.where(col(Session.id) == session_id)
    return (await session.exec(query)).rowcount


async def forget_expired(session: AsyncSession) -> None:
    """Drop links and sessions that can no longer be used."""
    now = clock.now()
    await session.exec(delete(SignInLink).where(col(SignInLink.expires_at) < now))
    await session.exec(delete(Session).where(col(Session.expires_at) < now))
