"""The door for Clerk's webhooks, which Svix signs: https://docs.svix.com/receiving/verifying-payloads/how-manual.

A dozen lines here spare the two packages that do this, which bring an HTTP client with them.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as NoBase64Error
from collections.abc import Mapping
from typing import Final

from webhooks.errors import BadSignature

TOLERANCE_S: Final = 300
_PREFIX: Final = "whsec_"


def verify(body: bytes, headers: Mapping[str, str], secret: str, *, now: float) -> str:
    """Check the Svix headers; returns the message's id, which repeats with each attempt.

    Any of several `v1` signatures may fit, as while a secret is changed. Raises `BadSignature`.
    """
    message, moment, given = (
        headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not message or not moment.isascii() or not moment.isdecimal():
        raise BadSignature("The svix-id or svix-timestamp header is missing or no such thing.")
    if abs(now - int(moment[:15])) > TOLERANCE_S:
        raise BadSignature("The svix-timestamp is more than five minutes off.")
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (NoBase64Error, ValueError):
        raise BadSignature("CLERK_WEBHOOK_SECRET is not one of Svix's.") from None
    signed = b".".join((_bytes(message), moment.encode(), body))
    expected = b"v1," + b64encode(hmac.digest(key, signed, "sha256"))
    fits = [hmac.compare_digest(expected, _bytes(one)) for one in given.split(" ")]
    if not any(fits):
        raise BadSignature("No svix-signature fits the body.")
    return message


def _bytes(text: str) -> bytes:
    """Encode what came from outside; bytes that were no UTF-8 arrive as lone surrogates."""
    return text.encode(errors="surrogatepass")
