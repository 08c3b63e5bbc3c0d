"""Tokens that travel as `Authorization: Bearer …` (https://www.rfc-editor.org/rfc/rfc6750)."""

from aiohttp import hdrs, web


def bearer(request: web.Request) -> str:
    """The token that came with a request, empty if none did."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
