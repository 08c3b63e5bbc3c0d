"""The cookies: who is signed in, what form tokens are bound to, and who brought a visitor."""

from typing import Final

from aiohttp import web

SESSION: Final = "session"
VISITOR: Final = "visitor"
RECRUITER: Final = "recruiter"
INVITATION: Final = "invitation"


def name(noun: str, *, secure: bool) -> str:
    """The cookie's name. The prefix makes browsers refuse it from subdomains and without HTTPS."""
    return f"__Host-desk_{noun}" if secure else f"desk_{noun}"


def read(request: web.Request, noun: str, *, secure: bool) -> str:
    """The cookie's value, empty where the browser sent none, or one that is never ours."""
    value = request.cookies.get(name(noun, secure=secure), "")
    return value if value.isascii() else ""


def put(
    response: web.StreamResponse, noun: str, value: str, max_age: int | None, *, secure: bool
) -> None:
    """Have the browser keep `value` for `max_age` seconds (None: until it is closed).

    An empty value has it forget the cookie.
    """
    response.set_cookie(
        name(noun, secure=secure),
        value,
        max_age=max_age if value else 0,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=secure,
    )
