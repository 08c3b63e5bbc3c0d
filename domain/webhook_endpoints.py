"""Endpoints of outgoing webhooks: made, changed, switched, and their secrets.

A secret is made from the server's key, so that nothing at rest can sign in our name.
"""

import base64
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

import clock
from domain import alerts, effects, live
from domain.audit import SYSTEM, Actor, record
from domain.errors import ConflictError, InvalidError, NotFoundError
from domain.texts import keepable
from domain.webhook_events import KINDS
from storage import affiliates
from storage import webhook_deliveries as deliveries
from storage import webhook_endpoints as rows
from storage.locks import take_turn
from storage.webhook_endpoints import WebhookEndpoint

URL_MAX: Final = 2000
DESCRIPTION_MAX: Final = 200
OWN_MAX: Final = 5
OPERATORS_MAX: Final = 20
GRACE: Final = timedelta(hours=24)
"""For how long the former secret signs beside the new one."""
OFF_AFTER: Final = timedelta(days=3)
"""An endpoint at which nothing arrived for so long is switched off."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody typed: where an endpoint is, and what it is to hear of; no events are all."""

    url: str
    events: Collection[str] = ()
    description: str = ""


def kinds_for(owner: UUID | None) -> list[str]:
    """What an affiliate's endpoint can hear of; the operators' hear of everything."""
    return [one.name for one in KINDS.values() if owner is None or not one.operators_only]


def secret_of(server_key: str, endpoint: WebhookEndpoint) -> str:
    """The secret in force, as the receiver keeps it: `whsec_` and 32 bytes in base64."""
    return _secret(server_key, endpoint.id, endpoint.salt)


def signing_secrets(server_key: str, endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secret in force, and the one before for as long as it is let."""
    made = [secret_of(server_key, endpoint)]
    if endpoint.former_until is not None and endpoint.former_until > now:
        made.append(_secret(server_key, endpoint.id, endpoint.former_salt))
    return made


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The signature of a message by the Standard Webhooks specification, version 1."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _secret(server_key: str, endpoint_id: UUID, salt: str) -> str:
    about = b"webhook" + endpoint_id.bytes + salt.encode()
    return "whsec_" + base64.b64encode(hmac.digest(server_key.encode(), about, "sha256")).decode()


async def add(
    session: AsyncSession,
    owner: UUID | None,
    wanted: Wanted,
    actor: Actor,
    *,
    plain: bool = False,
) -> WebhookEndpoint:
    """Make an endpoint of an affiliate, or of the operators.

    `plain` lets an affiliate's be without TLS, which is for servers that have none themselves.
    Raises `InvalidError`, and `ConflictError` where there are as many as there may be.
    """
    endpoint = WebhookEndpoint(
        affiliate_user_id=owner, url="", salt=_salt(), created_by=actor.name or actor.id
    )
    _fill(endpoint, wanted, plain=plain)
    await take_turn(session, f"webhooks:{owner or 'operators'}")
    most = OPERATORS_MAX if owner is None else OWN_MAX
    if await rows.count_of_owner(session, owner) >= most:
        raise ConflictError(f"There are {most} endpoints already. Remove one that is not needed.")
    session.add(endpoint)
    await session.flush()
    await _changed(session, endpoint, actor, "added", **_place(endpoint))
    return endpoint


async def change(
    session: AsyncSession,
    owner: UUID | None,
    endpoint_id: UUID,
    wanted: Wanted,
    actor: Actor,
    *,
    plain: bool = False,
) -> WebhookEndpoint:
    """Change where an endpoint is and what it hears of. Raises as `add` does."""
    endpoint = await own(session, owner, endpoint_id, hold=True)
    _fill(endpoint, wanted, plain=plain)
    await _changed(session, endpoint, actor, "changed", **_place(endpoint))
    return endpoint


async def rotate(
    session: AsyncSession, owner: UUID | None, endpoint_id: UUID, actor: Actor
) -> WebhookEndpoint:
    """Give an endpoint another secret; the former one signs beside it for a day.

    Raises `ConflictError` while one from before still does.
    """
    endpoint = await own(session, owner, endpoint_id, hold=True)
    if endpoint.former_until is not None and endpoint.former_until > clock.now():
        until = f"{endpoint.former_until:%d %B, %H:%M} UTC"
        raise ConflictError(f"The secret was changed already; the former one works until {until}.")
    endpoint.former_salt, endpoint.salt = endpoint.salt, _salt()
    endpoint.former_until = clock.now() + GRACE
    await _changed(session, endpoint, actor, "rotated")
    return endpoint


async def switch(
    session: AsyncSession, owner: UUID | None, endpoint_id: UUID, actor: Actor, *, on: bool
) -> WebhookEndpoint:
    """Switch an endpoint on or off; what waits for one that is off counts as failed.

    What happens while it is off is not kept for it. Raises `ConflictError` if it is so already.
    """
    endpoint = await own(session, owner, endpoint_id, hold=True)
    if (endpoint.status == rows.ON) == on:
        raise ConflictError(f"The endpoint is {endpoint.status} already.")
    endpoint.status = rows.ON if on else rows.OFF
    endpoint.off_because, endpoint.failing_since = "", None
    session.add(endpoint)
    await session.flush()
    if not on:
        await deliveries.park_waiting(session, endpoint.id, "The endpoint was switched off.")
    await _changed(session, endpoint, actor, f"switched_{endpoint.status}")
    return endpoint


async def remove(
    session: AsyncSession, owner: UUID | None, endpoint_id: UUID, actor: Actor
) -> None:
    """Remove an endpoint: nothing is sent to it any more."""
    endpoint = await own(session, owner, endpoint_id, hold=True)
    endpoint.status = rows.REMOVED
    session.add(endpoint)
    await session.flush()
    await deliveries.park_waiting(session, endpoint.id, "The endpoint was removed.")
    await _changed(session, endpoint, actor, "removed", **_place(endpoint))


async def own(
    session: AsyncSession, owner: UUID | None, endpoint_id: UUID, *, hold: bool = False
) -> WebhookEndpoint:
    """An endpoint of this affiliate, or of the operators. Raises `NotFoundError` for another's."""
    found = await rows.get(session, endpoint_id, hold=hold)
    if found is None or found.affiliate_user_id != owner or found.status == rows.REMOVED:
        raise NotFoundError("There is no such endpoint.")
    return found


async def all_of(session: AsyncSession, owner: UUID | None) -> Sequence[WebhookEndpoint]:
    """The endpoints of an affiliate, or the operators'."""
    return await rows.of_owner(session, owner)


async def give_up(session: AsyncSession, endpoint: WebhookEndpoint, why: str) -> None:
    """Switch off an endpoint that does not want or take our news, and tell whose it is."""
    endpoint.status, endpoint.off_because = rows.OFF, why
    session.add(endpoint)
    await session.flush()
    await deliveries.park_waiting(session, endpoint.id, f"The endpoint was switched off. {why}")
    owner = endpoint.affiliate_user_id
    affiliate = await affiliates.get(session, owner) if owner else None
    if affiliate is not None:
        about = {"affiliate": str(affiliate.id), "endpoint": str(endpoint.id)}
        await effects.send_mail(session, "webhook_off", affiliate.email, **about)
    elif owner is None:
        await alerts.endpoint_off(session, endpoint)
    await _changed(session, endpoint, SYSTEM, "gave_up", why=why)


async def _changed(
    session: AsyncSession, endpoint: WebhookEndpoint, actor: Actor, action: str, **detail: str
) -> None:
    endpoint.updated_at = clock.now()
    session.add(endpoint)
    await session.flush()
    if endpoint.affiliate_user_id is not None:
        await live.touch(session, endpoint.affiliate_user_id)
    await record(session, actor, f"webhook.{action}", f"webhook_endpoint:{endpoint.id}", **detail)


def _place(endpoint: WebhookEndpoint) -> dict[str, str]:
    """Where an endpoint is, for the log that is kept for ever: paths of addresses are often secret.

    Of an affiliate's nothing: an address of their own says who they are, also once they are erased.
    """
    return {} if endpoint.affiliate_user_id else {"host": urlsplit(endpoint.url).netloc}


def _fill(endpoint: WebhookEndpoint, wanted: Wanted, *, plain: bool) -> None:
    url, description = keepable(wanted.url).strip(), keepable(wanted.description).strip()
    secure = endpoint.affiliate_user_id is not None and not plain
    problems = {"url": _problem_of(url, secure=secure)}
    unknown = sorted(set(wanted.events) - set(kinds_for(endpoint.affiliate_user_id)))
    if unknown:
        problems["events"] = f"“{keepable(unknown[0])[:50]}” is no event that this can hear of."
    if len(description) > DESCRIPTION_MAX:
        problems["description"] = f"Keep it under {DESCRIPTION_MAX} characters."
    problems = {field: sentence for field, sentence in problems.items() if sentence}
    if problems:
        raise InvalidError(next(iter(problems.values())), problems)
    endpoint.url, endpoint.description = url, description
    endpoint.events = [one for one in KINDS if one in wanted.events]


def _problem_of(url: str, *, secure: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = SplitResult("", "", "", "", ""), None
    if not host or parts.scheme not in {"http", "https"} or any(c <= " " for c in url):
        return "Type a whole address, like https://example.com/webhooks."
    if len(url) > URL_MAX:
        return f"Keep the address under {URL_MAX} characters."
    if secure and parts.scheme != "https":
        return "The address has to begin with https://, so that nobody reads along."
    if parts.username is not None or parts.password is not None:
        return "Leave the name and password out of the address: messages are signed instead."
    return ""


def _salt() -> str:
    return secrets.token_hex(16)
