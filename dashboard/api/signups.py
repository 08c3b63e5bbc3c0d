"""`POST /api/track/signup`: the product's backend says that somebody signed up."""

import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from aiohttp import web

import clock
from dashboard.api.contract import Call, Proof, Who, operation
from dashboard.api.fields import (
    host_in,
    known_only,
    moment_of,
    network_clicks_in,
    page_in,
    text_of,
    wrong,
)
from dashboard.api.moments import rfc3339
from dashboard.api.problems import ProblemError
from dashboard.api.product_views import SignUpBody, SignUpView
from dashboard.api.taking import Described
from dashboard.bearer import bearer
from dashboard.context import CONTEXT
from domain import signups
from domain.clicks import network, visitor_key
from domain.emails import parse_email
from domain.signups import SignUp, Touch, Verdict
from domain.texts import keepable
from storage import idempotency
from storage.idempotency import KeptAnswer
from storage.locks import take_turn

_TWO: Final = 2
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A server's clock may be ahead of ours: what it says of right now is right now."""
_TOUCH_FIELDS: Final = frozenset({"ref", "click_id", "src", "landing_page", "at", "network_clicks"})
_PERSON_FIELDS: Final = frozenset({"user_id", "customer_id", "email", "country", "referrer", "ip"})
_FIELDS: Final = (
    _TOUCH_FIELDS | _PERSON_FIELDS | {"first_touch", "last_touch", "occurred_at", "utm"}
)


async def _admit(request: web.Request) -> None:
    expected = request.app[CONTEXT].settings.product_api_token
    if expected is None or not expected.get_secret_value():
        raise ProblemError(HTTPStatus.NOT_FOUND, "Sign-ups are off: PRODUCT_API_TOKEN is not set.")
    given = bearer(request).encode(errors="surrogateescape")
    if not hmac.compare_digest(given, expected.get_secret_value().encode()):
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "Send the product's token: Authorization: Bearer PRODUCT_API_TOKEN.",
        )


PRODUCT: Final = Proof(
    "productToken",
    {"type": "http", "scheme": "bearer", "description": "PRODUCT_API_TOKEN, of the backend."},
)
_BACKEND: Final = Who(_admit, (PRODUCT,), problems=(HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND))


@operation(
    "Report a sign-up",
    tag="Tracking",
    who=_BACKEND,
    status=HTTPStatus.CREATED,
    key="required",
)
async def sign_up(
    call: Call[None], body: Annotated[dict[str, Any], Described(SignUpBody)]
) -> SignUpView:
    """Say that somebody signed up; answered with who got them, and why or why not.

    For the product's backend: its token, and an `Idempotency-Key` by which the same request gets
    the same answer.
    """
    given = body
    wanted = _read_signup(given)
    visitors = visitor_key(call.context.secret_key)
    key = f"signup:{keepable(call.key)}"
    # Without the address, of which nothing is kept that could be guessed.
    same = {name: value for name, value in given.items() if name != "ip"}
    asked = sha256(json.dumps(same, sort_keys=True).encode(errors="replace")).hexdigest()
    async with call.db.transaction() as session:
        await take_turn(session, key)
        kept = await idempotency.get(session, key)
        if kept is None:
            verdict = await signups.sign_up(session, wanted, visitors)
            kept = KeptAnswer(
                key=key,
                request=asked,
                status=HTTPStatus.CREATED,
                answer=_told(verdict),
            )
            session.add(kept)
    if kept.request != asked:
        detail = "This Idempotency-Key came with another body before. Use a new one."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return SignUpView.model_validate(kept.answer)


def _read_signup(given: dict[str, Any]) -> SignUp:
    known_only(given, _FIELDS)
    email = text_of(given, "email")
    if email and parse_email(email) is None:
        raise wrong("email", "This is no mail address.")
    country = text_of(given, "country").upper()
    if country and not (len(country) == _TWO and country.isascii() and country.isalpha()):
        raise wrong("country", "Send two letters, as in ISO 3166-1.")
    occurred_at = moment_of(given, "occurred_at")
    now = clock.now()
    if occurred_at is not None and occurred_at > now + _CLOCKS_DIFFER:
        raise wrong("occurred_at", "This is still to come.")
    own = _touch({name: given[name] for name in _TOUCH_FIELDS & given.keys()})
    last = given.get("last_touch")
    wanted = SignUp(
        last=own if _says_something(own) or not last else _touch_in(given, "last_touch"),
        first=_touch_in(given, "first_touch") if given.get("first_touch") else None,
        user_id=text_of(given, "user_id"),
        customer_id=text_of(given, "customer_id"),
        email=email,
        country=country,
        address=_address(given),
        referrer_host=host_in(given),
        occurred_at=min(occurred_at, now) if occurred_at else None,
    )
    if not (wanted.user_id or wanted.customer_id or wanted.email):
        raise wrong("user_id", "Say who signed up: user_id, customer_id or email.")
    return wanted


def _address(given: Mapping[str, Any]) -> str:
    """The visitor's address, of which nothing but a keyed hash of its network is kept."""
    address = text_of(given, "ip")
    if address and not network(address):
        raise wrong("ip", "This is no IP address.")
    return address


def _says_something(touch: Touch) -> bool:
    return bool(touch.ref or touch.click_id or touch.network_clicks)


def _touch_in(given: Mapping[str, Any], name: str) -> Touch:
    inside = given[name]
    if not isinstance(inside, dict):
        raise wrong(name, "Send an object.")
    return _touch(inside)


def _touch(given: Mapping[str, Any]) -> Touch:
    named = text_of(given, "click_id")
    try:
        click_id = UUID(named) if named else None
    except ValueError:
        raise wrong("click_id", "Send the click_id as it was given.") from None
    return Touch(
        ref=text_of(given, "ref"),
        click_id=click_id,
        source_tag=text_of(given, "src"),
        landing_page=page_in(given),
        at=moment_of(given, "at"),
        network_clicks=network_clicks_in(given),
    )


def _told(verdict: Verdict) -> dict[str, Any]:
    owner, referral = verdict.affiliate, verdict.referral
    return {
        "outcome": verdict.outcome,
        "referral_id": str(referral.id) if referral else None,
        "affiliate": None
        if owner is None
        else {"id": str(owner.id), "reference": owner.reference, "promo_code": owner.promo_code},
        "source_tag": referral.source_tag if referral else "",
        "landing_page": referral.landing_page if referral else "",
        "country": referral.country if referral else "",
        "signed_up_at": rfc3339(referral.signed_up_at)
        if referral and referral.signed_up_at
        else None,
        "trace": verdict.trace,
    }
