"""A user was created: if a referral link led them there, their metadata says so."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import clock
from domain import signups
from domain.emails import parse_email
from domain.links import page_of
from domain.signups import SignUp, Touch
from domain.texts import keepable
from storage.inbox import InboxEvent
from storage.worker import Job
from webhooks.errors import MalformedBody
from webhooks.router import HandlerContext, Router, ignore

USER_CREATED: Final = "user.created"
INSIDE: Final = "affiliate_desk"
"""The key of the metadata under which what the tracker tells may stand together."""

_TEXT_MAX: Final = 255

router = Router("clerk")


def kind_of(body: bytes) -> str:
    """The event's type. Raises `MalformedBody`."""
    kind = _parsed(body).get("type")
    if not isinstance(kind, str) or not kind:
        raise MalformedBody("The event has no type.")
    return keepable(kind)[:_TEXT_MAX]


@router.on(USER_CREATED)
async def user_created(job: Job[InboxEvent], _context: HandlerContext) -> None:
    """Credit the sign-up as if the product's backend had told of it."""
    wanted = _read(_parsed(job.row.payload).get("data"))
    if wanted is None:
        await ignore(job, "The user's metadata names no referral link.")
        return
    async with job.transaction() as session:
        verdict = await signups.sign_up(session, wanted)
        if verdict.outcome != signups.CREDITED:
            event = await session.get_one(InboxEvent, job.row.id)
            event.last_error = " ".join(step["result"] for step in verdict.trace)
            session.add(event)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedBody("The body is not JSON.") from error
    if not isinstance(event, dict):
        raise MalformedBody("The body is not a JSON object.")
    return event


def _read(user: object) -> SignUp | None:
    """What Clerk says of a user; None where no link is named.

    Users can write their own unsafe metadata, so whatever makes no sense there is not there.
    """
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        return None
    for kind in ("unsafe_metadata", "public_metadata"):
        told = user.get(kind)
        if not isinstance(told, dict):
            continue
        inside = told.get(INSIDE)
        told = inside if isinstance(inside, dict) else told
        last, first = _touch(told), told.get("first_touch")
        if last.ref or last.click_id or last.network_clicks:
            return SignUp(
                last=last,
                first=_touch(first) if isinstance(first, dict) else None,
                user_id=user["id"],
                email=_email(user),
                occurred_at=min(_created(user), clock.now()),
            )
    return None


def _touch(told: Mapping[str, Any]) -> Touch:
    return Touch(
        ref=_text(told, "ref"),
        click_id=_uuid(_text(told, "click_id")),
        source_tag=_text(told, "src"),
        landing_page=_path(_text(told, "landing_page")),
        at=_moment(_text(told, "at")),
        network_clicks=_network_clicks(told),
    )


def _network_clicks(told: Mapping[str, Any]) -> dict[str, str]:
    given = told.get("network_clicks")
    inside = given if isinstance(given, dict) else {}
    return {name: value for name, value in inside.items() if isinstance(value, str)}


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return keepable(value)[:_TEXT_MAX].strip() if isinstance(value, str) else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _path(text: str) -> str:
    try:
        return page_of(text) if text else ""
    except ValueError:
        return ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _email(user: Mapping[str, Any]) -> str:
    """Their primary address, else the first."""
    listed = user.get("email_addresses")
    addresses = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    addresses.sort(key=lambda one: one.get("id") != user.get("primary_email_address_id"))
    return next(
        (email for one in addresses if (email := parse_email(str(one.get("email_address") or "")))),
        "",
    )


def _created(user: Mapping[str, Any]) -> datetime:
    """When they signed up: Clerk counts milliseconds."""
    moment = user.get("created_at")
    try:
        return datetime.fromtimestamp(float(moment) / 1000, tz=UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        return clock.now()
