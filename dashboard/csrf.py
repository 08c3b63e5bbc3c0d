"""A form counts only if it came from a page of ours that this browser was given."""

import hmac
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

FIELD: Final = "csrf"
_OWN: Final = frozenset({"same-origin", "none"})


def csrf_token(secret_key: str, anchor: str) -> str:
    """What a form must carry, for a visitor whose `anchor` is their session or random cookie."""
    return hmac.digest(secret_key.encode(), b"csrf" + anchor.encode(), "sha256").hex()


def is_own_form(secret_key: str, anchor: str, given: str) -> bool:
    """Whether the token that came with a form is the visitor's."""
    expected = csrf_token(secret_key, anchor)
    return bool(anchor) and hmac.compare_digest(given.encode(), expected.encode())


def is_from_elsewhere(request: web.Request, public_url: str) -> bool:
    """Whether the browser says that a page of another site sent this request.

    Browsers of today send both headers with every POST and no script can change them. Neither
    being there proves nothing, and the token decides.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OWN:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    own = {urlsplit(public_url).netloc, request.host}
    return urlsplit(origin).netloc not in own
