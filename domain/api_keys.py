"""Keys that affiliates make for programs of their own: scoped, rotated in peace, and revoked."""

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, tokens
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotAllowedError, NotFoundError
from domain.statuses import Status
from domain.texts import keepable
from storage import affiliates
from storage import api_keys as rows
from storage.affiliates import Affiliate
from storage.api_keys import ApiKey
from storage.locks import take_turn

KIND: Final = "ad_live_"
"""What every key begins with."""
NAME_MAX: Final = 60
WORKING_MAX: Final = 10
LISTED_MAX: Final = 50
NOTED_EVERY: Final = timedelta(minutes=1)
"""So often the use of a key is noted, so that reading stays reading."""


class Scope(StrEnum):
    """What a key lets a program read."""

    STATS = "stats:read"
    REFERRALS = "referrals:read"
    COMMISSIONS = "commissions:read"
    EARNINGS = "earnings:read"


SCOPES: Final = {
    Scope.STATS: ("Stats", "How many clicks, sign-ups and sales your links brought."),
    Scope.REFERRALS: ("Referrals", "Who came through you, told apart but not by name."),
    Scope.COMMISSIONS: ("Commissions", "What each sale brought you, and what was taken back."),
    Scope.EARNINGS: ("Earnings", "What you earned by day, week and month."),
}
"""For each scope what it is called, and a sentence about it."""

GRACES: Final = {
    "0": ("At once", timedelta()),
    "24": ("In 24 hours", timedelta(hours=24)),
    "168": ("In 7 days", timedelta(days=7)),
}
"""When a key that is rotated stops working, by the hours as a form sends them."""
USUAL_GRACE: Final = "24"


async def make(
    session: AsyncSession, affiliate_id: UUID, name: str, scopes: Collection[str], actor: Actor
) -> tuple[ApiKey, str]:
    """Make a key; returns it and its text, which nobody can find out again.

    Its owner is told by mail. Raises `InvalidError` by field, and `ConflictError` where there are
    too many.
    """
    wrong: dict[str, str] = {}
    name = " ".join(keepable(name).split())
    if not name or len(name) > NAME_MAX:
        wrong["name"] = f"Give the key a name of at most {NAME_MAX} characters."
    if not scopes or not set(scopes) <= set(Scope):
        wrong["scopes"] = "Choose at least one thing that the key may read."
    if wrong:
        raise InvalidError("This key cannot be made.", wrong)
    affiliate = await _approved(session, affiliate_id)
    if await rows.working(session, affiliate_id, clock.now()) >= WORKING_MAX:
        raise ConflictError(
            f"You have {WORKING_MAX} keys that work. Revoke one that you do not need any more."
        )
    made, text = await _add(session, affiliate, name, [s for s in Scope if s in scopes])
    await record(
        session,
        actor,
        "api_key.made",
        f"affiliate:{affiliate_id}",
        key=str(made.id),
        prefix=made.api_key_prefix,
        scopes=list(made.scopes),
    )
    return made, text


async def rotate(
    session: AsyncSession, affiliate_id: UUID, key_id: UUID, grace: str, actor: Actor
) -> tuple[ApiKey, str]:
    """Make a key that takes the place of another; returns it and its text.

    The other one stops working after `grace`, one of `GRACES`. Raises `ConflictError` if it works
    no more or was rotated before.
    """
    if grace not in GRACES:
        sentence = "Choose when the key that you have now stops working."
        raise InvalidError(sentence, {"grace": sentence})
    affiliate = await _approved(session, affiliate_id)
    before = await _key(session, affiliate_id, key_id)
    now = clock.now()
    require_unrotated(before)
    if not before.works(now):
        raise ConflictError("This key does not work any more. Make a new one.")
    made, text = await _add(session, affiliate, before.name, before.scopes)
    before.replaced_by, before.expires_at = made.id, now + GRACES[grace][1]
    session.add(before)
    await record(
        session,
        actor,
        "api_key.rotated",
        f"affiliate:{affiliate_id}",
        key=str(before.id),
        replaced_by=str(made.id),
        prefix=made.api_key_prefix,
        works_until=before.expires_at.isoformat(),
    )
    return made, text


def require_unrotated(key: ApiKey) -> None:
    """Raise `ConflictError` for a key whose place another one took."""
    if key.replaced_by is not None:
        raise ConflictError("This key was rotated already. Rotate the one that took its place.")


async def revoke(session: AsyncSession, affiliate_id: UUID, key_id: UUID, actor: Actor) -> ApiKey:
    """Have a key open nothing from now on. Doing it again changes nothing."""
    await _turn(session, affiliate_id)
    key = await _key(session, affiliate_id, key_id)
    if key.is_active:
        key.is_active, key.revoked_at = False, clock.now()
        session.add(key)
        await record(
            session,
            actor,
            "api_key.revoked",
            f"affiliate:{affiliate_id}",
            key=str(key.id),
            prefix=key.api_key_prefix,
        )
    return key


async def owner(session: AsyncSession, text: str) -> tuple[Affiliate, ApiKey] | None:
    """Whose key this is; None for one that is none, was revoked or has run out."""
    prefix = tokens.prefix_of(KIND, text)
    if not prefix:
        return None
    hashed = tokens.hashed(text)
    for key in await rows.with_prefix(session, prefix):
        if hmac.compare_digest(key.api_key_hash, hashed) and key.works(clock.now()):
            found = await affiliates.get(session, key.affiliate_user_id)
            return (found, key) if found is not None else None
    return None


def is_noted(key: ApiKey, now: datetime) -> bool:
    """Whether the last use of a key that is known was a moment ago."""
    return key.last_used_at is not None and key.last_used_at >= now - NOTED_EVERY


async def note_use(session: AsyncSession, key_id: UUID) -> None:
    """Note that a key is in use, at most once in `NOTED_EVERY`, whoever asks."""
    now = clock.now()
    await rows.used(session, key_id, now, unless=now - NOTED_EVERY)


async def _add(
    session: AsyncSession, affiliate: Affiliate, name: str, scopes: Collection[str]
) -> tuple[ApiKey, str]:
    token = tokens.make(KIND)
    made = ApiKey(
        affiliate_user_id=affiliate.id,
        api_key_hash=token.hash,
        api_key_prefix=token.prefix,
        name=name,
        scopes=[str(scope) for scope in scopes],
    )
    session.add(made)
    await session.flush()
    await effects.send_mail(session, "api_key_made", affiliate.email, api_key=str(made.id))
    return made, token.text


async def _approved(session: AsyncSession, affiliate_id: UUID) -> Affiliate:
    await _turn(session, affiliate_id)
    affiliate = await affiliates.hold(session, affiliate_id)
    if affiliate is None or affiliate.status != Status.APPROVED:
        raise NotAllowedError("Only approved affiliates can have keys.")
    return affiliate


async def _key(session: AsyncSession, affiliate_id: UUID, key_id: UUID) -> ApiKey:
    key = await rows.get(session, affiliate_id, key_id, lock=True)
    if key is None:
        raise NotFoundError("There is no such key any more.")
    return key


async def _turn(session: AsyncSession, affiliate_id: UUID) -> None:
    await take_turn(session, f"api keys of {affiliate_id}")
