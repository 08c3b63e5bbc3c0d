"""Requests as they go over the wire, made before anything is measured."""

import hmac
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import uuid4

import clock

STRIPE_SECRET: Final = "whsec_bench"  # noqa: S105 - of the bench alone
REFS: Final = 50
"""How many affiliates' links are followed in turn."""
_EVENT: Final = Path(__file__).with_name("invoice_paid.json")
_ID: Final = b"evt_THE_EVENT"


def event(kind: str = "invoice.paid") -> bytes:
    """An `invoice.paid` of 6 KB, as Stripe sends it for a subscription with one line.

    Of another `kind` it is one that nobody here handles.
    """
    text = _EVENT.read_bytes()
    return text.replace(b'"invoice.paid"', json.dumps(kind).encode())


def signed(body: bytes, at: int) -> str:
    """The `Stripe-Signature` header of a body sent at this moment (seconds since the epoch)."""
    proof = hmac.new(STRIPE_SECRET.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={proof}"


def webhooks(count: int) -> list[bytes]:
    """Signed events, each with an id of its own, of a kind that is stored and then ignored."""
    template, at, run = event("invoice.bench"), int(clock.timestamp()), uuid4().hex[:12]
    made = []
    for number in range(count):
        body = template.replace(_ID, f"evt_{run}_{number}".encode())
        head = (
            "POST /webhooks/stripe HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Stripe-Signature: {signed(body, at)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def clicks(count: int) -> list[bytes]:
    """Clicks on links; the first 65,536 are of other visitors each, and later ones are repeats."""
    return [
        (
            f"GET /r/REF{number % REFS}?src=bench HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0\r\n"
            f"X-Forwarded-For: 11.{number >> 8 & 255}.{number & 255}.{number >> 16 & 255}\r\n\r\n"
        ).encode()
        for number in range(count)
    ]


MAKERS: Final[dict[str, Callable[[int], list[bytes]]]] = {"webhooks": webhooks, "clicks": clicks}
