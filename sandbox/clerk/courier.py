"""Clerk's webhooks, signed as Svix does it for them."""

import hmac
from base64 import b64decode, b64encode


def signed(body: bytes, secret: str, *, message: str, moment: int) -> dict[str, str]:
    """The headers that go with a body. `moment` is in seconds since the epoch."""
    key = b64decode(secret.removeprefix("whsec_"))
    what = f"{message}.{moment}.".encode() + body
    mac = b64encode(hmac.digest(key, what, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "svix-id": message,
        "svix-timestamp": str(moment),
        "svix-signature": f"v1,{mac}",
    }
