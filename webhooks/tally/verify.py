"""The door for Tally's webhooks: does the request come from the form we know.

Neither proof has a time in it, so what guards against a replay is the inbox, which keeps each
event id once.
"""

import hmac
from base64 import b64encode
from hashlib import sha256

from webhooks.errors import BadSignature


def verify_signature(body: bytes, header: str | None, secret: str) -> None:
    """Check the `Tally-Signature` header: base64 of HMAC-SHA256 over the raw body.

    Raises `BadSignature`. Source: https://tally.so/help/webhooks.
    """
    expected = b64encode(hmac.digest(secret.encode(), body, sha256))
    if header is None or not hmac.compare_digest(expected, _bytes(header.strip())):
        raise BadSignature("The Tally-Signature header does not fit the body.")


def verify_url_secret(given: str | None, secret: str) -> None:
    """Check the `?secret=` of an address that was set up before signatures were.

    Raises `BadSignature`.
    """
    if given is None or not hmac.compare_digest(_bytes(given), secret.encode()):
        raise BadSignature("The secret in the address is not ours.")


def _bytes(text: str) -> bytes:
    """Encode what came from outside; bytes that were no UTF-8 arrive as lone surrogates."""
    return text.encode(errors="surrogatepass")
