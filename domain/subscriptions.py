"""Mails that an affiliate may refuse, by topic, and the link in each that does it.

Mails about money, tiers, milestones and the account always go.
"""

import base64
import binascii
import hmac
from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from domain import effects
from domain.audit import Actor, record
from domain.errors import InvalidError, NotFoundError
from storage import affiliates
from storage import subscriptions as rows
from storage.affiliates import Affiliate
from storage.subscriptions import Unsubscription

TIPS: Final = "tips"
CONTESTS: Final = "contests"
STATEMENTS: Final = "statements"
TOPICS: Final = {
    TIPS: ("Tips for the first two weeks", "How to share your first link, and so on."),
    CONTESTS: ("Contests", "When one begins, and who has won."),
    STATEMENTS: ("Monthly statement", "What you earned in the month before."),
}
"""For each topic what it is called, and a sentence about it."""

_ID_BYTES: Final = 16
_SEAL_BYTES: Final = 16


async def wants(session: AsyncSession, affiliate_id: UUID, topic: str) -> bool:
    """Whether an affiliate takes the mails of a topic."""
    return await rows.get(session, affiliate_id, topic) is None


async def send_mail(
    session: AsyncSession, topic: str, template: str, affiliate: Affiliate, **context: str
) -> bool:
    """Mail an affiliate something of a topic, if they want it; whether they do.

    The mail gets its way to unsubscribe, and is dropped if they do that before it leaves.
    """
    if not await wants(session, affiliate.id, topic):
        return False
    about = context | {"affiliate": str(affiliate.id), "topic": topic}
    await effects.send_mail(session, template, affiliate.email, **about)
    return True


async def choose(
    session: AsyncSession, affiliate_id: UUID, wanted: Collection[str], actor: Actor
) -> None:
    """Keep which topics an affiliate wants; all others are refused.

    Raises `InvalidError` for what is no topic, and `NotFoundError`.
    """
    if unknown := set(wanted) - TOPICS.keys():
        raise InvalidError(f"There are no mails about {min(unknown)!r}.", {"topics": "Choose."})
    if await affiliates.hold(session, affiliate_id) is None:
        raise NotFoundError("There is no such affiliate.")
    before = await rows.refused(session, affiliate_id)
    for topic in before & set(wanted):
        await session.delete(await rows.get(session, affiliate_id, topic))
    for topic in TOPICS.keys() - before - set(wanted):
        session.add(Unsubscription(affiliate_user_id=affiliate_id, topic=topic))
    after = (before - set(wanted)) | (TOPICS.keys() - set(wanted))
    if after != before:
        await record(
            session,
            actor,
            "affiliate.mails_chosen",
            f"affiliate:{affiliate_id}",
            refused=sorted(after),
        )


async def unsubscribe(session: AsyncSession, affiliate_id: UUID, topic: str, actor: Actor) -> None:
    """Refuse one topic; the same again changes nothing. Raises `NotFoundError`."""
    await choose(session, affiliate_id, await _wanted(session, affiliate_id) - {topic}, actor)


async def subscribe(session: AsyncSession, affiliate_id: UUID, topic: str, actor: Actor) -> None:
    """Take one topic again; the same again changes nothing. Raises `NotFoundError`."""
    await choose(session, affiliate_id, await _wanted(session, affiliate_id) | {topic}, actor)


async def _wanted(session: AsyncSession, affiliate_id: UUID) -> set[str]:
    await affiliates.hold(session, affiliate_id)
    return TOPICS.keys() - await rows.refused(session, affiliate_id)


def unsubscribe_path(secret_key: str, affiliate_id: UUID, topic: str) -> str:
    """Where one affiliate unsubscribes from one topic, without signing in, for ever."""
    seal = _seal(secret_key, affiliate_id, topic)
    return f"/unsubscribe/{topic}/{base64.urlsafe_b64encode(affiliate_id.bytes + seal).decode()}"


def read_unsubscribe_token(secret_key: str, topic: str, token: str) -> UUID | None:
    """Whose link it is; None where it was not made with this key for this topic."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        affiliate_id = UUID(bytes=raw[:_ID_BYTES])
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    if topic not in TOPICS:
        return None
    expected = _seal(secret_key, affiliate_id, topic)
    return affiliate_id if hmac.compare_digest(raw[_ID_BYTES:], expected) else None


def _seal(secret_key: str, affiliate_id: UUID, topic: str) -> bytes:
    about = b"unsubscribe" + topic.encode() + affiliate_id.bytes
    return hmac.digest(secret_key.encode(), about, "sha256")[:_SEAL_BYTES]


def unsubscribe_headers(url: str) -> dict[str, str]:
    """The headers by which a mail program offers to unsubscribe with one click (RFC 8058)."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
