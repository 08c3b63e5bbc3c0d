"""Tokens for operators' programs: made with a name and scopes, shown once, and revoked."""

import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import effects, tokens
from domain.audit import Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.texts import keepable
from storage import operator_tokens as rows
from storage.operator_tokens import OperatorToken

START: Final = "adop_"
"""What every token begins with, so that people and scanners of secrets know one."""
NAME_MAX: Final = 60
OPERATOR_MAX: Final = 80
_MEMBER: Final = re.compile("[UW][A-Z0-9-]+")
SHOWN_MAX: Final = 50
USED_EVERY: Final = timedelta(minutes=1)
"""How exactly the last use is known: else every read of the API would write."""

READ, WRITE, ALL = "read", "write", "*"
NOUNS: Final = (
    "affiliates",
    "applications",
    "assets",
    "cases",
    "codes",
    "contests",
    "fraud",
    "milestones",
    "payouts",
    "program",
    "sales",
    "tiers",
    "webhooks",
    "networks",
)
"""What a scope can be about; `sales:read` is one."""
FINANCE: Final = frozenset({"payouts"})
"""What finance alone decides on."""


def scopes() -> list[str]:
    """Every scope there is."""
    return [f"{noun}:{deed}" for noun in sorted(NOUNS) for deed in (READ, WRITE)] + [ALL]


def each_of(held: Iterable[str]) -> list[str]:
    """The same scopes with everything spelled out."""
    return scopes()[:-1] if ALL in held else sorted(held)


def allows(held: Iterable[str], scope: str) -> bool:
    """Whether these scopes allow what asks for one; who may write may read."""
    noun = scope.partition(":")[0]
    return not {scope, f"{noun}:{WRITE}", ALL}.isdisjoint(held)


async def create(
    session: AsyncSession,
    name: str,
    operator: Actor,
    wanted: Sequence[str],
    by: Actor,
    *,
    expires_at: datetime | None = None,
) -> tuple[OperatorToken, str]:
    """Make a token that acts for `operator`; returns it with its text, which is kept nowhere.

    Operators are told in their channel. Raises `InvalidError` by field.
    """
    name = " ".join(keepable(name).split())
    wrong: dict[str, str] = {}
    if not name or len(name) > NAME_MAX:
        wrong["name"] = f"Give the token a name of at most {NAME_MAX} characters, such as CRM."
    who = keepable(operator.id).strip()
    if len(who) > OPERATOR_MAX or not _MEMBER.fullmatch(who):
        # In another spelling they would be another person, where two have to approve.
        wrong["operator"] = "Say for whom: their member ID in Slack, such as U012AB3CD."
    if unknown := [each for each in wanted if each not in scopes()]:
        wrong["scopes"] = f"There is no scope {unknown[0]}. There are: {', '.join(scopes())}."
    elif not wanted:
        wrong["scopes"] = f"Say what it may do: {', '.join(scopes())}."
    if expires_at is not None and expires_at <= clock.now():
        wrong["expires_at"] = "This moment is over."
    if wrong:
        raise InvalidError(" ".join(wrong.values()), wrong)
    made = tokens.make(START)
    token = OperatorToken(
        name=name,
        prefix=made.prefix,
        token_hash=made.hash,
        scopes=sorted(set(wanted)),
        operator_id=who,
        operator_name=" ".join(keepable(operator.name).split())[:OPERATOR_MAX],
        created_by=by.name or by.id,
        expires_at=expires_at,
    )
    session.add(token)
    await session.flush()
    await effects.tell_operators(
        session,
        f"A token for the admin API was made on the server by {token.created_by}: “{name}” "
        f"({token.prefix}…) acts for {operator_of(token)} and may do {', '.join(token.scopes)}. "
        "Nobody expects it? Revoke it: /affiliate tokens.",
    )
    about = {"name": name, "operator": who, "scopes": token.scopes}
    await record(session, by, "token.created", f"token:{token.id}", **about)
    return token, made.text


async def revoke(session: AsyncSession, token_id: UUID, by: Actor) -> OperatorToken:
    """End a token at once and for good. Raises `NotFoundError`, `ConflictError` if it has ended."""
    token = await rows.get(session, token_id, lock=True)
    if token is None:
        raise NotFoundError("There is no such token.")
    if token.revoked_at is not None:
        raise ConflictError(f"“{token.name}” was revoked by {token.revoked_by} already.")
    token.revoked_at, token.revoked_by = clock.now(), by.name or by.id
    session.add(token)
    await session.flush()
    await record(session, by, "token.revoked", f"token:{token.id}", name=token.name)
    return token


async def look_up(session: AsyncSession, name: str) -> OperatorToken:
    """The token of an id or of a beginning as lists show it. Raises `NotFoundError`."""
    name = keepable(name).strip().rstrip("…")
    try:
        found = await rows.get(session, UUID(name))
    except ValueError:
        alike = await rows.with_prefix(session, name)
        found = alike[0] if len(alike) == 1 else None
    if found is None:
        raise NotFoundError("There is no token of this id or beginning.")
    return found


async def holder(session: AsyncSession, text: str) -> OperatorToken | None:
    """The token that this is the text of, if it works."""
    prefix = tokens.prefix_of(START, text)
    found = None
    for token in await rows.with_prefix(session, prefix) if prefix else ():
        if hmac.compare_digest(token.token_hash, tokens.hashed(text)) and works(token):
            found = token
    return found


def works(token: OperatorToken) -> bool:
    """Whether a token is neither revoked nor past its day."""
    in_time = token.expires_at is None or token.expires_at > clock.now()
    return token.revoked_at is None and in_time


def was_used_long_ago(token: OperatorToken) -> bool:
    """Whether its next use is to be written down."""
    return token.last_used_at is None or token.last_used_at < clock.now() - USED_EVERY


async def note_use(session: AsyncSession, token_id: UUID) -> None:
    """Write down that a token is in use."""
    now = clock.now()
    await rows.note_use(session, token_id, now, now - USED_EVERY)


def operator_of(token: OperatorToken) -> str:
    """For whom a token acts, in words."""
    return token.operator_name or token.operator_id


def actor_of(token: OperatorToken) -> Actor:
    """Who acts by a token: its operator, with the token's name so that everybody can tell."""
    return Actor(token.operator_id, f"{operator_of(token)} by token {token.name}", "api")
