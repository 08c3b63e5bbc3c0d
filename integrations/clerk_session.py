"""Clerk session tokens, verified without asking Clerk."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clerk_backend_api.security import VerifyTokenOptions, verify_token
from clerk_backend_api.security.types import TokenVerificationError, TokenVerificationErrorReason

import clock
from integrations.errors import TransportError

LEEWAY_S = 5
"""Seconds by which Clerk's clock and ours may differ."""

_JWT = re.compile(r"ey[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_CENTURY_MS = 100 * 365 * 24 * 3600 * 1000


class InvalidSessionToken(Exception):  # noqa: N818 - it names what the visitor sent
    """The token proves nothing: forged, expired, or issued for another site."""


@dataclass(frozen=True)
class ClerkSession:
    """A signed-in Clerk user: their user id and the id of this session."""

    user_id: str
    session_id: str


def verify_session_token(
    token: str, jwt_key: str, authorized_parties: Sequence[str]
) -> ClerkSession:
    """Check the `__session` token of a browser against Clerk's public key (PEM).

    `authorized_parties` are the origins, such as `https://example.com`, whose tokens count.
    Raises `InvalidSessionToken`, and `TransportError` where `jwt_key` itself is unusable.
    """
    # verify_token sends whatever begins like a machine token to Clerk, in a blocking call.
    if not _JWT.fullmatch(token):
        raise InvalidSessionToken("This is no session token.")
    # It reads the time from the system; ours comes from the clock, so its own check of the
    # time is widened until it decides nothing, and `_check_time` decides.
    options = VerifyTokenOptions(
        jwt_key=jwt_key,
        authorized_parties=list(authorized_parties),
        clock_skew_in_ms=_CENTURY_MS,
    )
    try:
        claims = verify_token(token, options)
    except TokenVerificationError as error:
        if error.reason is TokenVerificationErrorReason.JWK_FAILED_TO_RESOLVE:
            raise TransportError(
                "CLERK_JWT_KEY is not a public key in PEM form", permanent=True
            ) from error
        raise InvalidSessionToken(str(error)) from error
    _check_time(claims.get("exp"), claims.get("nbf"))
    if claims.get("sts") == "pending":
        # https://clerk.com/docs/guides/sessions/session-tokens: the user has steps left to do
        # before they count as signed in.
        raise InvalidSessionToken("This sign-in is not finished yet.")
    user_id, session_id = claims.get("sub"), claims.get("sid")
    if not (isinstance(user_id, str) and user_id and isinstance(session_id, str) and session_id):
        raise InvalidSessionToken("This token is not that of a user's session.")
    return ClerkSession(user_id=user_id, session_id=session_id)


def _check_time(expires: object, not_before: object) -> None:
    now = clock.timestamp()
    if not isinstance(expires, int) or expires + LEEWAY_S <= now:
        raise InvalidSessionToken("This session token has expired.")
    if not isinstance(not_before, int) or not_before - LEEWAY_S > now:
        raise InvalidSessionToken("This session token is not valid yet.")
